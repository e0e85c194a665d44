"""How many handwritten digits are read from crops and photos, with our own code and with OpenCV?

    IMGCLS_DATA=FOLDER python -m benchmarks.handwriting_photos [--run ID] [--opencv] [--crops N] [--pages N]

- Crops: 400 MNIST test digits cropped to their ink, in both polarities, enlarged 1 to 8 times, with three ways to
  enlarge. The value is the percentage that is read correctly.
- Photos: a thin, long 1 or 7 over 30% to 90% of grainy paper; held-out pen digits on plain, ruled, squared and dotted
  paper; and faint pencil (a contrast of 24 grey levels), which may also be reported as too faint. N photos of each
  kind.
- Deep scans: pen digits in files of 16 bits of which only 12 or 14 are used. `grey_levels` is how many of 256 are left;
  dividing by 257 would leave 17 or 65.
- Blank pages: how many are taken for handwriting.

With `--opencv` (needs opencv-python-headless), the ink is located and separated by `support.baselines.opencv_ink`
instead: contours and a perspective transform for the sheet, an adaptive threshold, and contours for the digit.

Needs `mnist.npz` and `pen_digits_train.json.gz` in $IMGCLS_DATA.
"""

import argparse
import io
import sys
from collections.abc import Callable

import numpy as np
from PIL import Image

from benchmarks.support.photographed_digits import ENLARGEMENTS, PAPERS, cropped, photo, thin_digit
from benchmarks.support.report_line import Missing, line, run
from imgcls import runs
from imgcls.datasets.catalog import drawn_digits
from imgcls.errors import ImageError, RunError
from imgcls.images.loading import TOO_FAINT, prepare_ink, prepare_photo
from imgcls.inference import preparing
from imgcls.inference.predictor import classify
from imgcls.system import paths

CROPS = 400
SIZES = (0.3, 0.5, 0.7, 0.9)
SHAPE = (28, 28, 1)
PENCIL = 24
DEPTHS = (12, 14)
NONE, FAINT = "no writing", "too faint"

Reader = Callable[[np.ndarray], str]
"""A photo, uint8 (height, width) -> the digit that is read, or why there is none."""


def reader(chosen: runs.Run, with_opencv: bool) -> Reader:
    card = chosen.card

    def read(grey: np.ndarray) -> str:
        try:
            if with_opencv:
                from benchmarks.support.baselines import opencv_ink

                ink = opencv_ink.handwriting(grey)
                if ink is None:
                    return NONE
                pixels = prepare_ink(ink, SHAPE).pixels
            else:
                pixels = prepare_photo(grey, SHAPE, ink=True).pixels
        except ImageError as error:
            return FAINT if str(error) == TOO_FAINT else NONE
        return card.classes[int(classify(chosen, card, pixels[None])[0].argmax())]

    return read


def crops_read(read: Reader, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The percentage read by enlargement, and overall."""
    found: dict[str, list[bool]] = {}
    for number, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        for factor in range(1, 9):
            for is_dark in (False, True):
                pixels = cropped(
                    image,
                    factor,
                    is_dark=is_dark,
                    resampling=ENLARGEMENTS[number % 3],
                    least=(0, 0, 64, 127)[number % 4],
                )
                ground = "black on white" if is_dark else "white on black"
                is_right = read(pixels) == str(label)
                for name in (f"{factor}x", ground, f"digit {label}"):
                    found.setdefault(name, []).append(is_right)
    return {name: percent(rights) for name, rights in sorted(found.items())}


def deep_scan(grey: np.ndarray, bits: int) -> np.ndarray:
    """A photo as it is read from a 16-bit file that uses so many bits, uint8 (height, width)."""
    file = io.BytesIO()
    Image.fromarray((grey / 255 * (2**bits - 1)).astype(np.uint16)).save(file, "PNG")
    return preparing.load(file.getvalue()).pixels[..., 0]


def percent(found: list[bool]) -> float:
    return round(100 * float(np.mean(found)), 2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.handwriting_photos")
    parser.add_argument("--run", default="digits", help="the run whose model reads (default: digits)")
    parser.add_argument("--opencv", action="store_true", help="separate the ink with OpenCV")
    parser.add_argument("--crops", type=int, default=CROPS, help="digits that are cropped")
    parser.add_argument("--pages", type=int, default=20, help="photos of each kind")
    arguments = parser.parse_args()
    folder = paths.data_folder()
    for name in ("mnist.npz", drawn_digits.PEN_FILE):
        if folder is None or not (folder / name).is_file():
            raise Missing(f"{name} is not in the folder set by IMGCLS_DATA.")
    try:
        read = reader(runs.find(arguments.run), arguments.opencv)
    except RunError as error:
        raise Missing(f"{paths.runs_folder()}: {error}") from None
    if arguments.opencv:
        try:
            import cv2  # noqa: F401
        except ImportError:
            raise Missing("OpenCV is not installed: pip install opencv-python-headless") from None

    with np.load(folder / "mnist.npz", allow_pickle=False) as file:
        images, labels = file["x_test"], file["y_test"]
    chosen = np.linspace(0, len(images) - 1, arguments.crops).astype(int)
    crops = crops_read(read, images[chosen], labels[chosen])

    generator = np.random.default_rng(5)
    count = arguments.pages
    long_strokes: dict[str, int] = {}
    for size in SIZES:
        for digit in ("1", "7"):
            pages = [
                photo(thin_digit(digit, generator), size, generator, pen=generator.uniform(0.003, 0.008))
                for _ in range(count)
            ]
            long_strokes[f"{digit} over {size:.0%}"] = sum(read(page) == digit for page in pages)
    pen_digits = drawn_digits.pen_digits()
    held_back = drawn_digits.held_back(len(pen_digits))[0]

    def on_paper(**options: float | str) -> list[str]:
        answers = []
        for _ in range(2 * count):
            digit, strokes = pen_digits[int(generator.choice(held_back))]
            answer = read(photo(strokes, generator.uniform(0.15, 0.6), generator, **options))
            answers.append("right" if answer == str(digit) else answer)
        return answers

    papers = {paper: on_paper(paper=paper).count("right") for paper in PAPERS}
    pencil = on_paper(contrast=PENCIL, grain=3)
    deep: dict[str, dict[str, int]] = {}
    for bits in DEPTHS:
        answers, levels = [], []
        for _ in range(count):
            digit, strokes = pen_digits[int(generator.choice(held_back))]
            scan = deep_scan(photo(strokes, generator.uniform(0.15, 0.6), generator, contrast=200), bits)
            answers.append(read(scan) == str(digit))
            levels.append(len(np.unique(scan)))
        deep[f"{bits} bits"] = {"right": sum(answers), "grey_levels": min(levels)}
    blank = [read(photo([], 0.1, generator, paper=PAPERS[number % 4])) for number in range(count)]
    print(
        line(
            "handwriting_photos",
            round(float(np.mean([crops[f"{factor}x"] for factor in range(1, 9)])), 2),
            "%",
            97,
            "higher",
            crops=crops,
            thin_digits_of=count,
            thin_digits=long_strokes,
            papers_of=2 * count,
            papers=papers,
            pencil={answer: pencil.count(answer) for answer in sorted(set(pencil))},
            deep_scans_of=count,
            deep_scans=deep,
            blank_pages_read=sum(answer not in (NONE, FAINT) for answer in blank),
            blank_pages_called_faint=blank.count(FAINT),
            opencv=arguments.opencv,
            run=arguments.run,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
