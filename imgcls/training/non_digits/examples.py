"""Digits and other things as the network gets them, each with the person who wrote it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from imgcls.datasets.catalog import drawn_digits
from imgcls.datasets.preparing.pen_characters import LOOK_ALIKES, Character, pen_characters
from imgcls.images.strokes import Strokes, as_digit, varied
from imgcls.inference.rejection.non_digits import pen_features
from imgcls.system import paths
from imgcls.training.non_digits import fonts
from imgcls.training.non_digits.shapes import SHAPES

OTHER = 10
"""The class of everything that is no digit."""
NOBODY = 0
"""The writer of what no known person wrote."""
STROKE_FONTS = (
    "futural", "futuram", "rowmans", "rowmand", "scripts", "scriptc", "cursive", "timesr", "timesi", "gothiceng",
)  # fmt: skip
LIKE_DIGITS = ("arrow", "polygon")
"""Shapes that are close to a 1, a 7 or a 0, so more of them are needed."""
SIGNS = "!?@#$%&*+=<>{}[]^~"


@dataclass(frozen=True, eq=False)
class Examples:
    """`images` uint8 (n, 28, 28), `pens` float32 (n, d), `has_pen` bool (n,), `labels` int (n,) with `OTHER`, `writers`
    int (n,), and `kinds`, text (n,), that say where each comes from."""

    images: np.ndarray
    pens: np.ndarray
    has_pen: np.ndarray
    labels: np.ndarray
    writers: np.ndarray
    kinds: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Examples":
        return Examples(*(values[rows] for values in vars(self).values()))


Drawn = tuple[Strokes, int, int, str]
"""Strokes, label, writer and kind."""


def training(report: Callable[[str], None]) -> Examples:
    """Everything the network learns from, the characters of all writers among it; always the same for the same files.

    Raises:
        FileNotFoundError: the fonts of `fonts` are missing.
        ImportError: the package hershey-fonts is not installed.
    """
    parts = []
    for number, (name, part) in enumerate(PARTS.items()):
        parts.append(part(np.random.default_rng([2024, number])))
        report(f"{name}: {len(parts[-1].labels):,}")
    return joined(parts)


def _pen(generator: np.random.Generator) -> Examples:
    digits, learnt = _learnt()
    return _rendered(((digits[i][1], digits[i][0], NOBODY, "pen digit") for i in learnt), generator)


def _backwards(generator: np.random.Generator) -> Examples:
    """Digits that many people write in the other direction than the 30 writers."""
    digits, learnt = _learnt()
    rows = ((digits[i][1], digits[i][0]) for i in learnt if digits[i][0] in (0, 1, 8))
    return _rendered((([line[::-1] for line in lines], digit, NOBODY, "backwards") for lines, digit in rows), generator)


def _learnt() -> tuple[list[tuple[int, Strokes]], np.ndarray]:
    """All pen digits, and the rows of those that are not held out."""
    digits = drawn_digits.pen_digits()
    return digits, drawn_digits.held_back(len(digits))[1]


def _of_fonts(generator: np.random.Generator) -> Examples:
    images, characters = zip(*fonts.images(3, generator), strict=True)
    return _without_pen(np.stack(images), np.array([_label(character) for character in characters]), "font")


def joined(parts: list[Examples]) -> Examples:
    """Several sets of examples as one."""
    return Examples(*(np.concatenate(values) for values in zip(*(vars(part).values() for part in parts), strict=True)))


def as_written(characters: Iterable[Character], generator: np.random.Generator) -> Examples:
    """Characters as they were written, each with a pen of 6% to 16% of its longer side."""
    rows: Iterator[Drawn] = ((c.strokes, _label(c.character), c.writer, c.character) for c in characters)
    return _rendered(rows, generator, is_varied=False)


def held_out_digits(generator: np.random.Generator) -> Examples:
    """The pen digits that are held out from all training, and the test images of MNIST."""
    digits = drawn_digits.pen_digits()
    pen = ((digits[i][1], digits[i][0], NOBODY, "pen digit") for i in drawn_digits.held_back(len(digits))[0])
    return joined([_rendered(pen, generator, is_varied=False), _of_mnist("test", 10_000)])


def _of_mnist(part: str, count: int) -> Examples:
    folder = paths.data_folder()
    assert folder is not None, "the pen digits were there"
    with np.load(folder / "mnist.npz", allow_pickle=False) as file:
        images, labels = file[f"x_{part}"][:count], file[f"y_{part}"][:count].astype(int)
    return _without_pen(images, labels, "MNIST")


def _without_pen(images: np.ndarray, labels: np.ndarray, kind: str) -> Examples:
    width, count = len(pen_features([np.zeros((2, 2))])), len(images)
    return Examples(
        images,
        np.zeros((count, width), np.float32),
        np.zeros(count, bool),
        labels,
        np.full(count, NOBODY),
        np.full(count, kind, object),
    )


def _rendered(drawn: Iterable[Drawn], generator: np.random.Generator, *, is_varied: bool = True) -> Examples:
    images, pens, labels, writers, kinds = [], [], [], [], []
    for strokes, label, writer, kind in drawn:
        if is_varied:
            strokes = _in_another_order(varied(strokes, generator), generator)
        low, high = (0.025, 0.18) if is_varied else (0.06, 0.16)
        width = float(np.exp(generator.uniform(np.log(low), np.log(high))))
        like_the_page = not is_varied or generator.random() < 0.85
        images.append(as_digit(strokes, width, like_the_page=like_the_page))
        pens.append(pen_features(strokes))
        labels.append(label)
        writers.append(writer)
        kinds.append(kind)
    return Examples(
        np.stack(images),
        np.stack(pens),
        np.ones(len(images), bool),
        np.array(labels),
        np.array(writers),
        np.array(kinds, object),
    )


def _in_another_order(strokes: Strokes, generator: np.random.Generator) -> Strokes:
    """Sometimes with strokes backwards, in another order, or with a tap: writers differ in that."""
    if generator.random() < 0.12:
        strokes = [stroke[::-1] if generator.random() < 0.5 else stroke for stroke in strokes]
    if generator.random() < 0.12:
        strokes = [strokes[i] for i in generator.permutation(len(strokes))]
    if generator.random() < 0.03:
        point = strokes[-1][-1:]
        strokes = [*strokes, np.concatenate([point, point + 0.01 * np.ptp(np.concatenate(strokes), axis=0)])]
    return strokes


def _label(character: str) -> int:
    return int(character) if character.isdigit() else OTHER


def _characters(copies: int) -> Iterator[Drawn]:
    for item in pen_characters():
        if item.character not in LOOK_ALIKES:
            for _ in range(copies if _label(item.character) == OTHER else 2 * copies):
                yield item.strokes, _label(item.character), item.writer, item.character


def _shapes(copies: int, generator: np.random.Generator) -> Iterator[Drawn]:
    for name, make in SHAPES.items():
        for _ in range(copies * (3 if name in LIKE_DIGITS else 1)):
            yield make(generator), OTHER, NOBODY, name


def _font_letters(copies: int, generator: np.random.Generator) -> Iterator[Drawn]:
    """Letters, digits and signs of Hershey's stroke fonts, with strokes that touch joined into one half of the time."""
    from HersheyFonts import HersheyFonts

    font = HersheyFonts()
    known = set(font.default_font_names)
    for name in STROKE_FONTS:
        if name not in known:
            continue
        font.load_default_font(name)
        for character in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + SIGNS:
            lines = [np.array(line, float) for line in font.strokes_for_text(character) if len(line) > 1]
            if character in LOOK_ALIKES or not lines:
                continue
            for _ in range(copies * (3 if character.isdigit() else 1)):
                strokes = _touching_joined(lines) if generator.random() < 0.5 else lines
                yield strokes, _label(character), NOBODY, f"{name} {character}"


def _touching_joined(lines: Strokes) -> Strokes:
    joined_lines = [lines[0]]
    for line in lines[1:]:
        if np.hypot(*(joined_lines[-1][-1] - line[0])) < 0.1:
            joined_lines[-1] = np.concatenate([joined_lines[-1], line])
        else:
            joined_lines.append(line)
    return joined_lines


def _changed(count: int, generator: np.random.Generator) -> Iterator[Drawn]:
    """Digits that are none any more: mirrored, on their side, crossed out or boxed."""
    digits, rows = _learnt()
    for index in generator.choice(rows, count):
        digit, strokes = digits[index]
        low, extent = np.concatenate(strokes).min(0), np.ptp(np.concatenate(strokes), axis=0)
        kind = generator.integers(4)
        if kind == 0 and digit in (2, 3, 4, 5, 7, 9):
            yield [stroke * (-1, 1) for stroke in strokes], OTHER, NOBODY, "mirrored"
        elif kind == 1 and digit in (2, 3, 4, 5, 7):
            yield [stroke[:, ::-1] * (generator.choice([-1, 1]), 1) for stroke in strokes], OTHER, NOBODY, "lying"
        elif kind == 2:
            ends = low + extent * np.array([[-0.1, generator.uniform(0, 1)], [1.1, generator.uniform(0, 1)]])
            lines = [np.linspace(ends[0], ends[1], 12)]
            if generator.random() < 0.6:
                lines.append(np.linspace(low + extent * (-0.1, 1.0), low + extent * (1.1, 0.0), 12))
            if len(lines) == 2 or digit not in (0, 1, 7):
                yield [*strokes, *lines], OTHER, NOBODY, "crossed out"
        elif kind == 3:
            corner, side = low - 0.25 * extent.max(), extent + 0.5 * extent.max()
            box = corner + side * np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
            yield [*strokes, box], OTHER, NOBODY, "boxed"


PARTS: dict[str, Callable[[np.random.Generator], Examples]] = {
    "MNIST": lambda generator: _of_mnist("train", 36_000),
    "pen digits": _pen,
    "digits written backwards": _backwards,
    "characters": lambda generator: _rendered(_characters(20), generator),
    "shapes": lambda generator: _rendered(_shapes(400, generator), generator),
    "stroke fonts": lambda generator: _rendered(_font_letters(2, generator), generator),
    "fonts": _of_fonts,
    "changed digits": lambda generator: _rendered(_changed(1_500, generator), generator),
}
"""What the network learns from. Each part has random numbers of its own, so a change of one leaves the others alone."""
