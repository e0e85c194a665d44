"""Digits as people draw them on a screen: all of MNIST, plus 7,494 digits that 30 people wrote with a stylus, rendered
with many pen widths. The bundled digit model was trained on it, so it also recognises crossed sevens and curled nines.
The test set is that of MNIST plus 1,249 pen digits by the same 30 people. Each training digit is rendered six times, so
the validation score is slightly optimistic; the test score is not.

Sources: MNIST (LeCun, Cortes, Burges 1998, CC BY-SA 3.0); pen digits (Alpaydin and Alimoglu 1998, UCI, CC BY 4.0). It
is built from `mnist.npz` and `pen_digits_train.json.gz` in the folder set by IMGCLS_DATA.
"""

import gzip
import json
import zlib

import numpy as np

from imgcls.datasets.catalog._digit_classes import AVOID as AVOID
from imgcls.datasets.catalog._digit_classes import CLASSES as CLASSES
from imgcls.datasets.preparing.prepare import prepare
from imgcls.datasets.store import open_dataset
from imgcls.errors import DatasetError
from imgcls.images.strokes import as_digit, from_points, varied
from imgcls.system import paths

TITLE = "Drawn digits (MNIST and pen)"
SHAPE = (28, 28, 1)
PEN_FILE = "pen_digits_train.json.gz"
NEEDS = ("mnist.npz", PEN_FILE)
PEN_TEST = 1_249
VARIANTS = 6
"""How often each training pen digit is rendered, each time with another pen width and slightly varied strokes."""
COUNTS = (60_000 + VARIANTS * (7_494 - PEN_TEST), 10_000 + PEN_TEST)
SOURCE = "file"
MEGABYTES = 0
INK = True


def load(progress):
    """The four arrays."""
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
            progress(0.1 + 0.8 * number / len(train), f"Rendering digit {number:,} of {len(train):,}")
    x_train = np.concatenate([mnist.x_train[..., 0], np.stack(drawn)])
    y_train = np.concatenate([mnist.y_train, labels])
    order = generator.permutation(len(y_train))
    test_digits = np.stack([as_digit(pen[index][1], generator.uniform(0.04, 0.15)) for index in test])
    x_test = np.concatenate([mnist.x_test[..., 0], test_digits])
    y_test = np.concatenate([mnist.y_test, [pen[index][0] for index in test]])
    return x_train[order], y_train[order], x_test, y_test


def pen_digits() -> list[tuple[int, list[np.ndarray]]]:
    """(digit, strokes) of every pen digit, y pointing down.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    folder = paths.data_folder()
    if folder is None or not (folder / PEN_FILE).is_file():
        raise DatasetError(f"{TITLE} is built from {PEN_FILE}. Put it into the folder set by IMGCLS_DATA.")
    try:
        with gzip.open(folder / PEN_FILE) as file:
            rows = json.load(file)
        pen = [(int(row["digit"]), from_points(row["strokes"], y_upwards=True)) for row in rows]
        if len(pen) <= PEN_TEST:
            raise ValueError(f"it contains only {len(pen):,} digits")
        return pen
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DatasetError(f"{PEN_FILE} is damaged: {error}. Replace it with a complete copy.") from error


def held_back(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the test and of the training pen digits."""
    order = np.random.default_rng(1998).permutation(count)
    return np.sort(order[:PEN_TEST]), np.sort(order[PEN_TEST:])


def drawn_at_random(strokes: list[np.ndarray], generator: np.random.Generator) -> np.ndarray:
    """The strokes with random variations and pen width: uint8 (28, 28)."""
    width = np.exp(generator.uniform(np.log(0.025), np.log(0.18)))
    return as_digit(varied(strokes, generator), width, like_the_page=generator.random() < 0.7)
