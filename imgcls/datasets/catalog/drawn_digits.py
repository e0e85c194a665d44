"""Digits as people draw them on a screen: all of MNIST, and 7,494 digits that 30 people wrote with a pen on a tablet,
drawn with pens of many widths. The shipped digit model was trained on it, so that it reads crossed sevens and curled
nines, too. The test part is MNIST's own, and 1,249 pen digits that are in no other part (by the same 30 people). Each
training digit is drawn six times, so validation knows its pictures' siblings and is a little too kind; the test is not.

Sources: MNIST (LeCun, Cortes, Burges 1998, CC BY-SA 3.0); pen digits (Alpaydin and Alimoglu 1998, UCI, CC BY 4.0). It
is made from `mnist.npz` and `pen_digits_train.json.gz` in the folder named by IMGCLS_DATA.
"""

import gzip
import json
import zlib

import numpy as np

from imgcls.datasets.catalog._digit_classes import AVOID as AVOID
from imgcls.datasets.catalog._digit_classes import CLASSES as CLASSES
from imgcls.errors import DatasetError
from imgcls.system import paths

TITLE = "Drawn digits (MNIST and pen)"
SHAPE = (28, 28, 1)
PEN_FILE = "pen_digits_train.json.gz"
NEEDS = ("mnist.npz", PEN_FILE)
PEN_TEST = 1_249
VARIANTS = 6
"""How often each pen digit of the training part is drawn, each time by another pen and a slightly different hand."""
COUNTS = (60_000 + VARIANTS * (7_494 - PEN_TEST), 10_000 + PEN_TEST)
SOURCE = "file"
MEGABYTES = 0
INK = True


def load(progress):
    """The four arrays."""
    from imgcls.datasets import open_dataset, prepare

    prepare("mnist")
    mnist = open_dataset("mnist")
    pen = pen_digits()
    test, train = held_back(len(pen))
    generator = np.random.default_rng(0)
    drawn, labels = [], []
    for number, index in enumerate(train):
        digit, strokes = pen[index]
        drawn += [drawn_at_random(strokes, generator) for _ in range(VARIANTS)]
        labels += [digit] * VARIANTS
        if number % 250 == 0:
            progress(0.1 + 0.8 * number / len(train), f"Drawing digit {number:,} of {len(train):,}")
    x_train = np.concatenate([mnist.x_train[..., 0], np.stack(drawn)])
    y_train = np.concatenate([mnist.y_train, labels])
    order = generator.permutation(len(y_train))
    from imgcls.images.strokes import as_digit

    drawn = np.stack([as_digit(pen[index][1], generator.uniform(0.04, 0.15)) for index in test])
    x_test = np.concatenate([mnist.x_test[..., 0], drawn])
    y_test = np.concatenate([mnist.y_test, [pen[index][0] for index in test]])
    return x_train[order], y_train[order], x_test, y_test


def pen_digits() -> list[tuple[int, list[np.ndarray]]]:
    """(digit, strokes) of every pen digit, y downwards.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    from imgcls.images.strokes import from_points

    folder = paths.data_folder()
    if folder is None or not (folder / PEN_FILE).is_file():
        raise DatasetError(f"{TITLE} is made from {PEN_FILE}. Put it into the folder named by IMGCLS_DATA.")
    try:
        with gzip.open(folder / PEN_FILE) as file:
            rows = json.load(file)
        pen = [(int(row["digit"]), from_points(row["strokes"], y_upwards=True)) for row in rows]
        if len(pen) <= PEN_TEST:
            raise ValueError(f"it holds {len(pen):,} digits, too few")
        return pen
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DatasetError(f"{PEN_FILE} is damaged: {error}. Put a whole copy in its place.") from error


def held_back(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Which pen digits are only for the test, and which are for training."""
    order = np.random.default_rng(1998).permutation(count)
    return np.sort(order[:PEN_TEST]), np.sort(order[PEN_TEST:])


def drawn_at_random(strokes: list[np.ndarray], generator: np.random.Generator) -> np.ndarray:
    """One of the many ways in which these strokes might have been drawn: uint8 (28, 28)."""
    from imgcls.images.strokes import as_digit, varied

    width = np.exp(generator.uniform(np.log(0.025), np.log(0.18)))
    return as_digit(varied(strokes, generator), width, like_the_page=generator.random() < 0.7)
