"""The file that Kaggle's Digit Recognizer expects, from the `test.csv` that it gives out.

`test.csv` has one image per row and one column per pixel, `pixel0` to `pixel783`, row by row from the top left, with
values from 0 to 255. The submission has a row `ImageId,Label` for each, counted from 1.
"""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from imgcls.errors import SourceError
from imgcls.inference.predictor import classify
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

STEP = 500
"""Images in memory at a time."""
HEADER = ("ImageId", "Label")


def labels(run: Run, card: ModelCard, path: Path) -> Iterator[str]:
    """The predicted class of each row.

    Raises:
        SourceError: the file is not such a table, or its images do not fit the model.
        RunError: the run has no model, or it is damaged.
    """
    for pixels in _batches(path, card.shape):
        for row in classify(run, card, pixels).argmax(1):
            yield card.classes[int(row)]


def _batches(path: Path, shape: tuple[int, int, int]) -> Iterator[np.ndarray]:
    """The images, uint8 (n, height, width, channels), a batch at a time."""
    count = int(np.prod(shape))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            head = next(rows, [])
            if "label" in head:
                raise SourceError(f"{path.name} has a column “label”: it is the training table. Use test.csv.")
            if len(head) != count or not head[0].startswith("pixel"):
                raise SourceError(
                    f"{path.name} has {len(head):,} columns. Expected {count:,} columns of pixels, pixel0 to "
                    f"pixel{count - 1}, because this model reads images of {shape[1]}×{shape[0]} pixels."
                )
            start = 0
            while step := list(islice(rows, STEP)):
                yield _pixels(step, start, count, path.name).reshape(-1, *shape)
                start += len(step)
            if not start:
                raise SourceError(f"{path.name} has no rows.")
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path.name} is not a CSV file in UTF-8.") from error
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _pixels(rows: Sequence[Sequence[str]], start: int, count: int, name: str) -> np.ndarray:
    for number, row in enumerate(rows):
        try:
            if len(row) == count and all(0 <= int(value) <= 255 for value in row):
                continue
        except ValueError:
            pass
        raise SourceError(f"Row {start + number + 1:,} of {name} is not {count:,} whole numbers from 0 to 255.")
    return np.array(rows, np.int64).astype(np.uint8)
