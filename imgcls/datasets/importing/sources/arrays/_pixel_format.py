"""The format of a table of pixels: which columns are pixels, and which one is the label.

It is found from rows spread over the whole file, because tables are often sorted by class.
"""

import contextlib
import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from imgcls.datasets.importing.class_names import sort_key
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.arrays._pixel_rows import Opener, first_rows, spread_rows
from imgcls.datasets.importing.sources.arrays._pixel_values import are_rgba
from imgcls.datasets.importing.sources.tables.column_names import LABELS, normal
from imgcls.datasets.importing.sources.tables.columns import meaning
from imgcls.datasets.importing.sources.tables.columns.split import SplitColumn
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.datasets.importing.sources.values import canonical, is_counter, is_integer, is_number
from imgcls.errors import SourceError

MIN_SIDE = 4
LABEL_QUESTION, TURN_QUESTION = meaning.LABEL_QUESTION, "orientation"

_PIXEL_NAME = re.compile(r"(?:[a-z]+[ _.-]?)?\d+(?:[x_., -]\d+)*(?:[ _.-]?[a-z])?", re.IGNORECASE)
_REPEATED = re.compile(r"\d+\.[1-9]\d*")
_INDEX_NAMES = ("", "index", "unnamed0", "level0")


@dataclass(frozen=True)
class TableFormat:
    """The format of a table."""

    delimiter: str
    header: tuple[str, ...]  # empty if there is none
    columns: int
    label: int  # the column of the label
    side: int
    channels: int
    planar: bool = False  # all reds first, then all greens, then all blues
    split: SplitColumn | None = None  # the column that says train or test
    ignored: tuple[int, ...] = ()  # columns that are no pixels either
    is_fraction: bool = False  # pixels are from 0 to 1
    is_turned: bool = False  # rows and columns are exchanged, as in EMNIST

    @property
    def is_plain(self) -> bool:
        """Whether a row consists of pixels and a label before or after them."""
        return self.label in (0, self.columns - 1) and self.split is None and not self.ignored


def detect_format(open_: Opener, name: str, findings: Findings) -> TableFormat:
    """The format of the table, after asking what is unclear.

    Raises:
        SourceError: it is not a table of labels and square images; the message names the row.
    """
    top, delimiter, first = first_rows(open_, name)
    spread = [*first, *spread_rows(open_, len(top), delimiter)]
    header = top if _is_header(top, first) else []
    if not header:
        first, spread = [top, *first], [top, *spread]
    if not first:
        raise SourceError(
            f"{name} has a header but no rows below it. Expected a label and the pixels of an image in each row."
        )
    ignored = _index_columns(header, first)
    split = None
    if header and (named := _named_pixels(header)):
        side, channels = _shape_of(len(named)) or (0, 0)
        label, split, more = _extra_columns(header, spread, named, ignored, name, findings)
        ignored = sorted({*ignored, *more})
    else:
        side, channels = _shape(len(top) - len(ignored), name)
        label = _label_column(header, spread, [place for place in range(len(top)) if place not in ignored], findings)
    rest = [place for place in range(len(top)) if place not in (label, split and split.place, *ignored)]
    pixels = [[row[place] for place in rest] for row in spread]
    if _have_alpha(pixels):
        raise SourceError(
            f"{name} has red, green, blue and alpha values for each pixel, and alpha is always the same. Leave out the "
            "alpha values, so that each row has a label and three values per pixel."
        )
    form = TableFormat(
        delimiter,
        tuple(header),
        len(top),
        label,
        side,
        channels,
        planar=channels == 3 and _looks_planar(pixels, side),
        split=split and _with_validation(split, spread, findings),
        ignored=tuple(ignored),
        is_fraction=_are_fractions(pixels),
        is_turned=channels == 1 and "emnist" in name.casefold() and _ask_turned(findings),
    )
    if form.planar:
        findings.notes.append("Rows hold all red, then all green, then all blue values, judging by their smoothness.")
    if form.is_fraction:
        findings.notes.append("Values from 0 to 1 are multiplied by 255.")
    return form


def _is_header(top: list[str], rows: list[list[str]]) -> bool:
    """Whether the first row has names: words, the numbers of the columns, or values that pandas made unique.

    pandas calls the columns of an array 0, 1, 2, …; and if it took a row of data for names, repeated ones become 0.1.
    """
    words = sum(not is_number(field) for field in top)
    if words > max(1, len(top) // 2):
        return True
    numbers = [canonical(field) for field in top if is_number(field)]
    if len(numbers) >= max(MIN_SIDE**2, len(top) - 3) and is_counter(numbers):
        return True
    repeated = sum(_REPEATED.fullmatch(field) is not None for field in top)
    below = sum(_REPEATED.fullmatch(field) is not None for row in rows[:5] for field in row)
    return repeated > max(3, len(top) // 4) and not below


# ---- columns


def _index_columns(header: list[str], rows: list[list[str]]) -> list[int]:
    """The first column, if it counts the rows and has no name; without a header, if the others are an image."""
    width = len(rows[0])
    if len(rows) < 3 or not is_counter(row[0] for row in rows):
        return []
    if header:
        return [0] if normal(header[0]) in _INDEX_NAMES else []
    return [0] if _shape_of(width - 1) is None and _shape_of(width - 2) else []


def _named_pixels(header: list[str]) -> list[int]:
    """The columns whose names are numbered, if they are an image and something else is left; otherwise none."""
    named = [
        place
        for place, field in enumerate(header)
        if _PIXEL_NAME.fullmatch(field) and not any(normal(field) in names for names in LABELS)
    ]
    return named if len(named) < len(header) and _shape_of(len(named)) else []


def _extra_columns(
    header: list[str], rows: list[list[str]], pixels: list[int], ignored: list[int], name: str, findings: Findings
) -> tuple[int, SplitColumn | None, list[int]]:
    """The column of the label, that of the part, and other columns that are no pixels."""
    is_pixel = set(pixels)
    places = [place for place in range(len(header)) if place not in is_pixel and place not in ignored]
    if not places:
        raise SourceError(f"{name} has pixels, but no column with labels. Choose the table with the training images.")
    table = Table(name, [header[place] for place in places], [(0, [row[place] for place in places]) for row in rows])
    label, split = meaning.label_and_part(table, findings)
    more = [place for number, place in enumerate(places) if number not in (label, split and split.place)]
    return places[label], split and replace(split, place=places[split.place]), more


def _with_validation(split: SplitColumn, rows: list[list[str]], findings: Findings) -> SplitColumn:
    """The same column with validation images assigned to another part, because each run makes its own."""
    parts = {row[split.place].strip().casefold(): split.part_of(row) for row in rows}
    target = ""
    if "val" in parts.values():
        target = "train" if "test" in parts.values() else "test"
        purpose = "training; each run makes its own validation split" if target == "train" else "testing"
        findings.notes.append(f"The images marked as validation images are used for {purpose}.")
    return replace(split, names={value: target if part == "val" else part for value, part in parts.items()})


def _label_column(header: list[str], rows: list[list[str]], places: list[int], findings: Findings) -> int:
    """The column with a name like "label"; otherwise the first or last one, whichever looks less like pixels."""
    for names in LABELS:
        for place in places if header else ():
            if normal(header[place]) in names:
                return place
    first, last = places[0], places[-1]
    for place in (first, last):
        if any(field and not is_number(field) for field in (row[place] for row in rows)):
            return place
    label, is_certain = _less_like_pixels(rows, places)
    if is_certain:
        return label
    options = [
        Option("first", "The first column", _classes(rows, first)),
        Option("last", "The last column", _classes(rows, last)),
    ]
    if label == last:
        options.reverse()
    return {"first": first, "last": last}[findings.ask(LABEL_QUESTION, "Which column holds the labels?", options)]


def _less_like_pixels(rows: list[list[str]], places: list[int]) -> tuple[int, bool]:
    """The first or last column, and whether it is certain that it is the label.

    Labels count from 0 or 1 without gaps and have few values; a corner pixel is constant, or has many values that are
    close to its neighbours.
    """
    first, last = places[0], places[-1]
    values = {place: Counter(canonical(row[place]) for row in rows) for place in (first, last)}
    counting = [place for place in (first, last) if len(values[place]) > 1 and _counts(values[place])]
    if len(counting) == 1:
        return counting[0], True
    few, many = sorted((first, last), key=lambda place: len(values[place]))
    if len(values[few]) == 1:
        return many, len(values[many]) <= max(2, len(rows) // 3)
    if 3 * len(values[few]) <= len(values[many]):
        return few, True
    rough = {place: _roughness(rows, places, place) for place in (first, last)}
    smooth, uneven = sorted((first, last), key=rough.__getitem__)
    return uneven, rough[uneven] > 3 * rough[smooth]


def _counts(values: Counter) -> bool:
    """Whether values are 0, 1, 2, … or 1, 2, 3, … without gaps."""
    numbers = sorted(int(value) for value in values if is_integer(value))
    return len(numbers) == len(values) and numbers[0] in (0, 1) and numbers[-1] - numbers[0] == len(numbers) - 1


def _roughness(rows: list[list[str]], places: list[int], place: int) -> float:
    """The mean difference between a column and its neighbour, if it were a pixel."""
    neighbour = places[1] if place == places[0] else places[-2]
    found = [abs(float(row[place]) - float(row[neighbour])) for row in rows if is_number(row[neighbour])]
    return float(np.mean(found)) + 0.1 if found else 0.1


def _classes(rows: list[list[str]], place: int) -> str:
    names = sorted({canonical(row[place]) for row in rows}, key=sort_key)
    return f"{len(names):,} values in a sample of {len(rows):,} rows: {', '.join(names[:8])}{', …' * (len(names) > 8)}"


# ---- pixels


def _shape_of(pixels: int) -> tuple[int, int] | None:
    """Side and channels of a square image with so many values, or None."""
    for channels in (1, 3):
        side = round((max(0, pixels) / channels) ** 0.5)
        if side >= MIN_SIDE and side * side * channels == pixels:
            return side, channels
    return None


def _shape(columns_: int, name: str) -> tuple[int, int]:
    if found := _shape_of(columns_ - 1):
        return found
    if _shape_of(columns_):
        raise SourceError(
            f"{name} has {columns_:,} columns: a label and {columns_ - 1:,} pixels, which is not a square image. "
            "Without a label, they would be one. Choose the table with the training images."
        )
    near = max(MIN_SIDE, round((columns_ - 1) ** 0.5))
    raise SourceError(
        f"{name} has {columns_:,} columns: a label and {columns_ - 1:,} pixels, which is not a square image. Expected "
        f"a label and the pixels of a square, e.g. {near * near + 1:,} columns for {near}×{near} greyscale pixels, or "
        "three times the pixels for colour. Check for missing or extra columns."
    )


def _have_alpha(rows: list[list[str]]) -> bool:
    with contextlib.suppress(ValueError):  # a field that is no number is reported with its row
        return are_rgba(np.array(rows, np.float32))
    return False


def _looks_planar(rows: list[list[str]], side: int) -> bool:
    """Whether values are ordered channel by channel: images read in the correct order are smoother."""
    roughness = np.zeros(2)
    for row in rows[:20]:
        with contextlib.suppress(ValueError):
            values = np.array(row, np.float32)
            ways = values.reshape(side, side, 3), values.reshape(3, side, side).transpose(1, 2, 0)
            roughness += [np.abs(np.diff(pixels, axis=1)).mean() for pixels in ways]
    return bool(roughness[1] < 0.9 * roughness[0])


def _are_fractions(rows: list[list[str]]) -> bool:
    """Whether all pixels are from 0 to 1, and some between them."""
    is_between = False
    for row in rows:
        try:
            values = np.array(row, np.float32)
        except ValueError:
            continue
        if not (values.min() >= 0 and values.max() <= 1):
            return False
        is_between = is_between or bool(((values > 0) & (values < 1)).any())
    return is_between


def _ask_turned(findings: Findings) -> bool:
    """Whether rows and columns of the images are exchanged."""
    options = [
        Option("turned", "Turn them upright", "EMNIST stores rows and columns exchanged"),
        Option("stored", "Leave them as they are stored"),
    ]
    return findings.ask(TURN_QUESTION, "How are the images oriented?", options, "turned") == "turned"
