"""The answer for image files or a drawing, in this process or in others.

here     in a thread of this process: the app's own server
pool     in processes of their own: `imgcls serve`, so that all cores classify
child    such a process
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.loading import Prepared
from imgcls.inference import answering, batch
from imgcls.inference.batch import Item, Result
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

DRAWING = "strokes"
NO_LABEL = -1


@dataclass(frozen=True)
class ImageFile:
    """One uploaded file: its name as the client gave it, made harmless, and its bytes."""

    name: str
    data: bytes


Given = Sequence[ImageFile] | Handwriting
"""What a request may hold: image files, or a drawing."""


@dataclass(frozen=True)
class Classified:
    """`entries` is a JSON list in UTF-8 with one object per image, the same as `imgcls predict --json` prints.

    `outcomes` has "accepted", "rejected" or "unreadable" for each image. `problem` says why the first image could not
    be read if none could; otherwise it is empty.
    """

    entries: bytes
    outcomes: tuple[str, ...]
    problem: str = ""


class Classifier(Protocol):
    """Where predictions are computed."""

    async def classified(self, run: Run, card: ModelCard, given: Given) -> Classified:
        """The answers for image files or a drawing.

        Raises:
            ImageError: the drawing is empty.
            RunError: the model is damaged.
        """

    async def check(self, run: Run) -> None:
        """Loads the model if it is not loaded.

        Raises:
            RunError: it is missing or damaged.
        """

    def load(self, run: Run) -> None:
        """The same everywhere where predictions are computed, before requests arrive."""

    def close(self) -> None:
        """Ends what was started."""


def load(run: Run, card: ModelCard | None = None) -> None:
    """Loads everything that a prediction needs, so that the first request need not wait for it.

    Raises:
        RunError: the model is missing or damaged.
    """
    card = card or run.card
    answering.answer(run, Prepared(np.zeros(card.shape, np.uint8)), card=card)


def classified(run: Run, card: ModelCard, given: Given) -> Classified:
    """What a `Classifier` answers, computed in this thread."""
    if isinstance(given, Handwriting):
        results = [Result(DRAWING, NO_LABEL, answering.answer(run, given, card=card))]
    else:
        items = [Item(image.name, NO_LABEL, partial(_data, image)) for image in given]
        results = list(batch.classified(run, card, items))
    entries = [batch.as_json(result, card.classes) for result in results]
    text = json.dumps(entries, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    is_unreadable = all(result.answer is None for result in results)
    return Classified(
        text.encode("utf-8", "replace"), tuple(map(_outcome, results)), results[0].problem if is_unreadable else ""
    )


def _data(image: ImageFile) -> bytes:
    return image.data


def _outcome(result: Result) -> str:
    if result.answer is None:
        return "unreadable"
    return "rejected" if result.answer.rejection else "accepted"
