"""Many images at once: the answer for each, and the accuracy if folder names match the classes.

    of_files       uploads                 -> items to classify
    entries        an open zip archive     -> the same as uploads
    classified     items                   -> results, one after the other
    to_csv, to_json                        -> files to download

An image has a label if one of the folders that contain it is named after a class of the model. Nothing else of a name
counts, and no name ever becomes a path.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources import file_types
from imgcls.datasets.importing.sources.containers.zip_archive import Archive
from imgcls.datasets.importing.sources.items import image_files
from imgcls.datasets.info import NO_LABEL
from imgcls.errors import ImageError, SourceError
from imgcls.images import square, text_region
from imgcls.images.files import checks
from imgcls.images.loading import Prepared
from imgcls.inference.answering import Answer, judge
from imgcls.inference.predictor import outputs
from imgcls.inference.preparing import load, prepare
from imgcls.runs.results import ModelCard
from imgcls.runs.run import Run
from imgcls.system import safe_csv

MOST = 2_000
"""Images in one batch: more of them belong in a dataset, which a process of its own reads."""
STEP = 64
"""Images that are classified together."""
SEPARATOR = "; "
"""Between several predicted labels; tables of labels to import have the same."""
THUMBNAIL = 56
"""Pixels of a thumbnail's longer side."""


@dataclass(frozen=True)
class Item:
    """One image to classify: its name, the class index from its folder (-1 if none), and a function for its bytes."""

    name: str
    label: int
    read: Callable[[], bytes]


@dataclass(frozen=True, eq=False)
class Result:
    """The result for one image: an answer and, if wanted, a thumbnail; or the `problem` that prevented them."""

    name: str
    label: int
    answer: Answer | None
    thumbnail: np.ndarray | None = None
    problem: str = ""

    @property
    def predicted(self) -> int:
        """The index of the most probable class; -1 without an answer."""
        return -1 if self.answer is None else self.answer.index

    @property
    def prediction(self) -> str:
        """The predicted class, or all predicted labels of a multi-label model, as text; empty without an answer."""
        if self.answer is None:
            return ""
        found = self.answer.prediction
        return found if isinstance(found, str) else SEPARATOR.join(found) or NO_LABEL

    @property
    def is_correct(self) -> bool | None:
        """Whether the prediction is the label; None without an answer or without a label.

        The folder of an image names one label, so it does not say whether several predicted labels are correct.
        """
        if self.answer is None or self.label < 0 or not isinstance(self.answer.prediction, str):
            return None
        return self.predicted == self.label

    @property
    def warning(self) -> str:
        """Why the prediction may be meaningless, in a few words; usually empty."""
        if self.answer is None:
            return ""
        if self.answer.rejection is not None:
            return self.answer.rejection.title
        return text_region.NOT_ALONE if text_region.NOT_ALONE in self.answer.notes else ""


def of_files(
    files: Iterable[tuple[str, Callable[[], bytes]]], classes: Sequence[str], skips: SkippedFiles
) -> list[Item]:
    """Items from (name or path, reader); files that are not images by their name go to `skips`.

    Raises:
        SourceError: there are no images, or too many.
    """
    found = image_files(files, skips)
    if not found:
        raise SourceError(f"These files contain no images{skips.summary()}. Expected {checks.FORMATS_TEXT} files.")
    if len(found) > MOST:
        raise SourceError(
            f"This batch has {len(found):,} images; the limit is {MOST:,}. Split it, or import the images as a "
            "dataset on the Data page."
        )
    label_of = labeller(classes)
    return [Item(class_names.visible(path), label_of(parts), read) for path, parts, read in found]


def labeller(classes: Sequence[str]) -> Callable[[Sequence[str]], int]:
    """A function from the components of a path to the class of the innermost folder that is named after one, or -1."""
    indices = {class_names.merge_key(class_names.visible(name)): index for index, name in enumerate(classes)}
    indices |= {name: index for index, name in enumerate(classes)}  # `a` and `A` may be different classes
    return partial(_label, indices=indices)


def entries(archive: Archive) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of an open archive as (path, reader), for `of_files`."""
    for name, info in archive.entries:
        yield name, partial(archive.read, info)


def is_zip(start: bytes) -> bool:
    """Whether a file that starts with these bytes (some hundred) is an archive, whatever its name."""
    return file_types.kind_of(start).endswith("archive")


def classified(run: Run, card: ModelCard, items: Sequence[Item], *, with_thumbnails: bool = False) -> Iterator[Result]:
    """The results, in the order of the items. Only the images of one step are in memory.

    Raises:
        RunError: the run has no model, or it is damaged.
    """
    for start in range(0, len(items), STEP):
        step = items[start : start + STEP]
        inputs = [_prepared(item, card, with_thumbnails) for item in step]
        pixels = [prepared.pixels for prepared, _, _ in inputs if prepared is not None]
        rows = outputs(run, card, np.stack(pixels)).rows() if pixels else iter(())
        for item, (prepared, thumbnail, problem) in zip(step, inputs, strict=True):
            answer = None
            if prepared is not None:
                probabilities, features = next(rows)
                answer = judge(run, card, prepared, prepared, probabilities, features=features)
            yield Result(item.name, item.label, answer, thumbnail, problem)


COLUMNS = ("file", "label", "prediction", "probability", "correct", "warning", "problem")


def to_csv(results: Iterable[Result], classes: Sequence[str]) -> bytes:
    """A table with a row for each image: `COLUMNS`, then all probabilities.

    UTF-8 with a byte order mark, which Excel needs. No cell starts a formula.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(csv_head(classes))
    rows.writerows(csv_row(result, classes) for result in results)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def csv_head(classes: Sequence[str]) -> list[str]:
    """The first row of the table."""
    return [*COLUMNS, *(f"p({name})" for name in classes)]


def csv_row(result: Result, classes: Sequence[str]) -> list[str]:
    """The row of one image."""
    row = _row(result, classes)
    cells = [safe_csv.harmless("" if row[key] is None else str(row[key])) for key in COLUMNS]
    return cells + ([f"{p:.6f}" for p in result.answer.probabilities] if result.answer else [""] * len(classes))


def to_json(results: Iterable[Result], classes: Sequence[str], run: str) -> bytes:
    """The same as JSON: `{"run": ..., "classes": [...], "images": [{...}]}`. It never contains NaN."""
    content = {"run": run, "classes": list(classes), "images": [as_json(result, classes) for result in results]}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1).encode("utf-8", errors="replace")


def as_json(result: Result, classes: Sequence[str]) -> dict[str, Any]:
    """The result for one image as plain values: what the shell prints and the REST API answers.

    The prediction of a multi-label model is a list. `rejection` says why it should not be trusted, `notes` say how the
    image was prepared.
    """
    answer = result.answer
    if answer is None:
        return _row(result, classes) | {"rejection": None, "notes": [], "probabilities": None}
    prediction = answer.prediction if isinstance(answer.prediction, str) else list(answer.prediction)
    rejection = answer.rejection and {"title": answer.rejection.title, "text": answer.rejection.text}
    return _row(result, classes) | {
        "prediction": prediction,
        "rejection": rejection,
        "notes": list(answer.notes),
        "probabilities": [round(float(p), 6) for p in answer.probabilities],
    }


def _row(result: Result, classes: Sequence[str]) -> dict[str, Any]:
    answer = result.answer
    return {
        "file": result.name,
        "label": classes[result.label] if result.label >= 0 else None,
        "prediction": result.prediction or None,
        "probability": round(answer.confidence, 6) if answer else None,
        "correct": result.is_correct,
        "warning": result.warning or None,
        "problem": result.problem or None,
    }


def _label(parts: Sequence[str], indices: dict[str, int]) -> int:
    """The class of the innermost folder that is named after one; -1 if none is."""
    for folder in map(class_names.visible, reversed(parts[:-1])):
        if (index := indices.get(folder, indices.get(class_names.merge_key(folder)))) is not None:
            return index
    return -1


def _prepared(item: Item, card: ModelCard, with_thumbnail: bool) -> tuple[Prepared | None, np.ndarray | None, str]:
    """The model input and, if wanted, a thumbnail; or why there is neither."""
    try:
        image = load(item.read(), item.name, card.pixels)
        thumbnail = square.thumbnail(image.pixels, THUMBNAIL) if with_thumbnail else None
        return prepare(image, card), thumbnail, ""
    except ImageError as error:
        return None, None, error.reason
