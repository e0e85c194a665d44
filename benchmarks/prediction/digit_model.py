"""How many hand-drawn digits does the shipped model recognise?

    IMGCLS_DATA=FOLDER python -m benchmarks.digit_model [--run ID]

Uses the page's own code: strokes are rendered on a 280×280 canvas by a renderer of this benchmark, prepared by
`images.loading.prepare_drawing` and classified by `inference.Predictor`. The pen digits are the 1,249 of
`pen_digits_train.json.gz` that were held out from training (by the same 30 writers); each is drawn with pens of 6, 12,
18 and 26 px, in varying size (110 to 230 px) and position. The value is the accuracy over all pens, in percent. Also
reported: accuracy by pen and by size, and on MNIST's test images (target 99.5%).

The writers of the pen digits are unknown, so the held-out ones are by writers that training has seen. `strangers` goes
beyond: scikit-learn's 1,797 digits by 43 other people (Alpaydin and Kaynak 1998), of which only 8×8 pixels remain, so
the blur of the enlargement costs some points as well.

Needs `mnist.npz` and `pen_digits_train.json.gz` in $IMGCLS_DATA.
"""

import argparse
import sys

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.support.report_line import Missing, line, run
from imgcls import runs
from imgcls.datasets.catalog import drawn_digits
from imgcls.errors import RunError
from imgcls.evaluation.metrics import confidence_intervals
from imgcls.images import loading
from imgcls.images.ink import centre_ink
from imgcls.inference.predictor import Predictor
from imgcls.system import paths

CANVAS = 280
FINER = 3
"""The canvas is drawn this much larger and then reduced, which smooths the edges as a browser does."""
PENS = (6, 12, 18, 26)
SMALLEST, LARGEST = 110, 230


def on_canvas(strokes: list[np.ndarray], pen: int, size: float, generator: np.random.Generator) -> np.ndarray:
    """The strokes in white on black, `size` pixels at their longer side, somewhere on the canvas: uint8 RGBA."""
    points = np.concatenate(strokes)
    low, extent = points.min(0), np.ptp(points, 0)
    scale = size / max(float(extent.max()), 1e-6)
    rim = pen / 2 + 2
    corner = generator.uniform(rim, np.maximum(CANVAS - rim - extent * scale, rim))
    canvas = Image.new("L", (CANVAS * FINER, CANVAS * FINER))
    draw = ImageDraw.Draw(canvas)
    radius = pen * FINER / 2
    for stroke in strokes:
        where = ((stroke - low) * scale + corner) * FINER
        draw.line([tuple(point) for point in where], 255, pen * FINER)
        for x, y in where:  # round joints and ends
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    grey = np.asarray(canvas.reduce(FINER))
    return np.dstack([grey, grey, grey, np.full_like(grey, 255)])


def strangers(side: int) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's 8×8 digits enlarged and placed as MNIST's: uint8 (n, side, side, 1), and their classes."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    placed = []
    for image in digits.images:
        large = Image.fromarray((image * 15.9).astype(np.uint8)).resize((64, 64), Image.Resampling.BICUBIC)
        sharper = np.clip((np.asarray(large, np.float32) - 60) * 1.6, 0, 255)
        placed.append(centre_ink(sharper.astype(np.uint8), side))
    return np.stack(placed)[..., None], digits.target


def percent(right: np.ndarray) -> float:
    return round(100 * float(np.mean(right)), 2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digit_model")
    parser.add_argument("--run", default="digits", help="the run whose model is measured (default: digits)")
    run_id = parser.parse_args().run
    folder = paths.data_folder()
    for name in ("mnist.npz", drawn_digits.PEN_FILE):
        if folder is None or not (folder / name).is_file():
            raise Missing(f"{name} is not in the folder set by IMGCLS_DATA.")
    try:
        model = runs.find(run_id)
        shape = tuple(model.card.shape)
        predictor = Predictor(model.folder / "model.tflite")
    except RunError as error:
        raise Missing(f"{paths.runs_folder()}: {error}") from None

    with np.load(folder / "mnist.npz", allow_pickle=False) as file:
        images, labels = file["x_test"], file["y_test"]
    mnist = predictor.probabilities(images[..., None]).argmax(1) == labels

    pen_digits = drawn_digits.pen_digits()
    held_back, _ = drawn_digits.held_back(len(pen_digits))
    digits = np.array([pen_digits[index][0] for index in held_back])
    generator = np.random.default_rng(42)
    sizes = generator.uniform(SMALLEST, LARGEST, (len(PENS), len(held_back)))
    right = []
    for pen, row in zip(PENS, sizes, strict=True):
        canvases = (on_canvas(pen_digits[i][1], pen, size, generator) for i, size in zip(held_back, row, strict=True))
        seen = np.stack([loading.prepare_drawing(canvas, shape).pixels for canvas in canvases])
        right.append(predictor.probabilities(seen).argmax(1) == digits)
    right = np.stack(right)
    unknown, unknown_digits = strangers(shape[0])
    score = confidence_intervals.wilson(int(right.all(0).sum()), len(held_back))
    thirds = np.digitize(sizes, np.linspace(SMALLEST, LARGEST, 4)[1:-1])
    print(
        line(
            "digit_model",
            percent(right),
            "%",
            99,
            "higher",
            mnist_test=percent(mnist),
            mnist_target=99.5,
            strangers=percent(predictor.probabilities(unknown).argmax(1) == unknown_digits),
            by_pen={f"{pen} px": percent(row) for pen, row in zip(PENS, right, strict=True)},
            by_size={name: percent(right[thirds == i]) for i, name in enumerate(("small", "middle", "large"))},
            by_digit={str(digit): percent(right[:, digits == digit]) for digit in range(10)},
            right_with_every_pen=[round(100 * part, 2) for part in (score.low, score.value, score.high)],
            drawings=int(right.size),
            run=run_id,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
