"""Many pictures at once: what a model says to each, and how much of it is right where folders tell the classes.

    of_files       uploads                      -> questions
    entries        an open zip archive          -> the same as uploads
    answered       questions and who is asked   -> answers, one after the other
    to_csv, to_json                             -> files to keep

A picture has a label where one of the folders in which it lies is called like a class of the model; nothing else of a
name counts, and no name ever becomes a path.
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
from imgcls.datasets.importing.sources import file_types, folder_layout
from imgcls.datasets.importing.sources.zip_archive import Archive
from imgcls.errors import ImageError, SourceError
from imgcls.images import loading, square, text_region
from imgcls.images.loading import Prepared
from imgcls.runs.results import ModelCard
from imgcls.system import safe_csv

MOST = 2_000
"""Pictures of one batch: larger ones belong into a data set, where a process of its own reads them."""
TOGETHER = 64
"""Pictures that are asked about in one go."""
SMALL = 56
"""Pixels of a thumbnail's longer side."""


@dataclass(frozen=True)
class Question:
    """One picture to come: its name, the class its folder tells (-1 for none), and how to get its bytes."""

    name: str
    label: int
    read: Callable[[], bytes]


@dataclass(frozen=True, eq=False)
class Answer:
    """What became of one picture: probabilities (classes,) and a thumbnail, or the reason why there are none.

    `doubt` says why the answer may mean nothing, such as "Nothing this model knows".
    """

    name: str
    label: int
    probabilities: np.ndarray | None
    thumbnail: np.ndarray | None
    reason: str = ""
    rejection: str = ""

    @property
    def predicted(self) -> int:
        """The class with the largest probability; -1 where there is no answer."""
        return -1 if self.probabilities is None else int(self.probabilities.argmax())


def of_files(
    files: Iterable[tuple[str, Callable[[], bytes]]], classes: Sequence[str], skips: SkippedFiles
) -> list[Question]:
    """Questions from (name or path, reader); what is no picture by its name goes to `skips`.

    Raises:
        SourceError: there is no picture, or there are too many.
    """
    found = folder_layout.images(files, skips)
    if not found:
        raise SourceError(
            f"There is no picture among these files{skips.summary()}. Expected PNG, JPEG, WEBP, GIF or BMP files."
        )
    if len(found) > MOST:
        raise SourceError(
            f"There are {len(found):,} pictures. A batch may have {MOST:,}: divide them, or bring them as a data set "
            "on the Data page."
        )
    known = {class_names.merge_key(class_names.visible(name)): place for place, name in enumerate(classes)}
    return [Question(class_names.visible(path), _label(parts, known), read) for path, parts, read in found]


def entries(archive: Archive) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of an open archive as (path, reader), for `of_files`."""
    for name, info in archive.entries:
        yield name, partial(archive.read, info)


def is_zip(start: bytes) -> bool:
    """Whether a file that begins so (some hundred bytes) is an archive, whatever it is called."""
    return file_types.kind_of(start).endswith("archive")


def answered(
    questions: Sequence[Question],
    ask: Callable[[np.ndarray], np.ndarray],
    card: ModelCard,
    rejection_of: Callable[[np.ndarray], str] = lambda pixels: "",
) -> Iterator[Answer]:
    """The answers, in the order of the questions. Only the pictures of one step are in memory.

    `ask` gives probabilities (n, classes) for uint8 pictures (n, height, width, channels), as a Predictor does; `card`
    are those of the model: shape, ink, fit; `doubt_of` says why the answer to one picture may mean nothing, if it may.
    """
    for start in range(0, len(questions), TOGETHER):
        some = questions[start : start + TOGETHER]
        read = [_prepared(question, card) for question in some]
        pixels = [prepared.pixels for prepared, _, _ in read if prepared is not None]
        said = iter(ask(np.stack(pixels)) if pixels else ())
        for question, (prepared, thumbnail, reason) in zip(some, read, strict=True):
            if prepared is None:
                yield Answer(question.name, question.label, None, thumbnail, reason)
            else:
                rejection = rejection_of(prepared.pixels) or (
                    text_region.NOT_ALONE if text_region.NOT_ALONE in prepared.notes else ""
                )
                yield Answer(question.name, question.label, next(said), thumbnail, reason, rejection)


def to_csv(predictions: Iterable[Answer], classes: Sequence[str]) -> bytes:
    """A table with a row for each picture: file, label, answer, probability, whether it is right, a doubt in it, why
    there is none, all probabilities.

    UTF-8 with a mark, as Excel wants it. No cell begins a formula.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    head = ["file", "label", "answer", "probability", "right", "doubt", "problem"]
    rows.writerow([*head, *(f"p({name})" for name in classes)])
    for answer in predictions:
        row = _row(answer, classes)
        there = answer.probabilities
        numbers = ["" if there is None else f"{value:.6f}" for value in (there if there is not None else classes)]
        rows.writerow([safe_csv.harmless("" if row[key] is None else str(row[key])) for key in head] + numbers)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def to_json(predictions: Iterable[Answer], classes: Sequence[str], run: str) -> bytes:
    """The same as JSON: `{"run": ..., "classes": [...], "pictures": [{...}]}`. It never holds NaN."""
    images = []
    for answer in predictions:
        probabilities = None if answer.probabilities is None else [round(float(p), 6) for p in answer.probabilities]
        images.append(_row(answer, classes) | {"probabilities": probabilities})
    whole = {"run": run, "classes": list(classes), "pictures": images}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1).encode("utf-8", errors="replace")


def _row(answer: Answer, classes: Sequence[str]) -> dict[str, Any]:
    label = classes[answer.label] if answer.label >= 0 else None
    if answer.probabilities is None:
        said = {"answer": None, "probability": None, "right": None, "doubt": None}
    else:
        fraction = round(float(answer.probabilities[answer.predicted]), 6)
        right = None if label is None else answer.predicted == answer.label
        said = {
            "answer": classes[answer.predicted],
            "probability": fraction,
            "right": right,
            "doubt": answer.rejection or None,
        }
    return {"file": answer.name, "label": label, **said, "problem": answer.reason or None}


def _label(parts: Sequence[str], known: dict[str, int]) -> int:
    """The class that the innermost folder tells which is called like one; -1 where none is."""
    for folder in reversed(parts[:-1]):
        if (place := known.get(class_names.merge_key(class_names.visible(folder)))) is not None:
            return place
    return -1


def _prepared(question: Question, card: ModelCard) -> tuple[Prepared | None, np.ndarray | None, str]:
    """What the model gets, a thumbnail, and why there is nothing."""
    shape, ink = card.shape, card.is_ink
    try:
        image = loading.open_image(question.read(), question.name, at_least=max(2 * max(shape[:2]), 280))
        small = square.thumbnail(image.pixels, SMALL)
        return loading.prepare_photo(image, shape, ink=ink, fit=card.fit), small, ""
    except ImageError as error:
        return None, None, error.reason
