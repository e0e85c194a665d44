"""The golden set: images pinned with their class, which no later run may get wrong again.

    <runs>/_golden/<dataset>/<digest>.npz          pixels as the model receives them, class, where the image comes from
    <runs>/_golden/~<visitor>/<dataset>/…          on a shared server: everybody has a set of their own

An image belongs to a dataset, and every run on that dataset is checked with it. The digest is that of the pixels, so
that an image is pinned once; pinned again with another class, it gets that class. Test images can be pinned, too, as
pinning trains nothing: scores stay comparable.
"""

import hashlib
import io
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import runs, sharing
from imgcls.errors import DamagedFile, RunError, UserError
from imgcls.inference.predictor import classify
from imgcls.runs import Run, store, trials
from imgcls.runs.annotations import notes
from imgcls.sharing import Action, Mode, modes, visitors
from imgcls.system import arrays, atomic, file_times, paths
from imgcls.system.arrays import Array

FOLDER = "_golden"
"""Below the runs folder; no run can have this ID."""
MOST = 500
"""Pinned images of a dataset: every new run is checked with all of them."""
LONGEST = 200
PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
SPEC = {
    "pixels": Array(arrays.INTEGERS, (None, None, None), np.uint8),
    "label": Array(arrays.TEXT, ()),
    "source": Array(arrays.TEXT, ()),
    "pinned": Array(arrays.NUMBERS, ()),
    "run": Array(arrays.TEXT, (), is_optional=True),
}


@dataclass(frozen=True, eq=False)
class GoldenImage:
    """A pinned image: pixels uint8 (height, width, channels), its true class, where it comes from, since when (in
    seconds since 1970), and the ID of the run with which it was seen; "" if that is not known."""

    digest: str
    pixels: np.ndarray
    label: str
    source: str
    pinned: float
    run: str = ""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run and the one before it predict for a pinned image; `before` is None if it could not be asked."""

    image: GoldenImage
    predicted: str
    before: str | None

    @property
    def is_right(self) -> bool:
        return self.predicted == self.image.label

    @property
    def is_fixed(self) -> bool:
        """Right now, wrong before."""
        return self.is_right and self.before is not None and self.before != self.image.label

    @property
    def is_broken(self) -> bool:
        """A regression: wrong now, right before."""
        return not self.is_right and self.before == self.image.label


@dataclass(frozen=True, eq=False)
class Report:
    """A run on the golden set of its dataset. `before` is the run that it is compared with, None for the first one.

    `unused` images do not fit the model: another size, or a class that it does not have.
    """

    run: Run
    before: Run | None
    outcomes: tuple[Outcome, ...]
    unused: int

    @property
    def fixed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.is_fixed)

    @property
    def broken(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.is_broken)

    @property
    def wrong(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.is_right)

    def sentence(self) -> str:
        """For example "Golden set: 3 fixed, 1 broken since “wide”; 14 of 16 correct."."""
        right = len(self.outcomes) - len(self.wrong)
        total = f"{right:,} of {len(self.outcomes):,} correct"
        left = f" {self.unused:,} pinned images do not fit this model." if self.unused else ""
        if self.before is None:
            return f"Golden set: {total}.{left}"
        changes = f"{len(self.fixed):,} fixed, {len(self.broken):,} broken since “{self.before.label}”"
        return f"Golden set: {changes}; {total}.{left}"

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "run": self.run.id,
            "before": None if self.before is None else self.before.id,
            "images": len(self.outcomes),
            "correct": len(self.outcomes) - len(self.wrong),
            "unused": self.unused,
            "fixed": [_row(outcome) for outcome in self.fixed],
            "broken": [_row(outcome) for outcome in self.broken],
            "wrong": [_row(outcome) for outcome in self.wrong],
        }


def is_available() -> bool:
    """Whether images can be pinned here: a demo forgets its visitors' work after a day."""
    return not modes.is_shared() or (modes.mode() is not Mode.DEMO and bool(visitors.current().id))


def root(visitor: visitors.Visitor | None = None) -> Path:
    """The folder of all sets of a visitor, by default the present one. It need not exist."""
    base = paths.runs_folder() / FOLDER
    if not modes.is_shared():
        return base
    return base / f"~{(visitor or visitors.current()).id}"


def pin(data: str, pixels: np.ndarray, label: str, source: str, run: str = "") -> GoldenImage:
    """Pins an image of a dataset.

    Args:
        pixels: As the models of the dataset receive them, uint8 (height, width, channels).
        label: The true class.
        source: Where it comes from, in a few words.
        run: The ID of the run whose prediction was looked at.

    Raises:
        RunError: the set is full, or cannot be written.
        NotAllowed: the visitor may not.
    """
    sharing.require(Action.SAVE_DRAWING)
    if not is_available():
        raise RunError("Images cannot be pinned here.")
    pixels = np.ascontiguousarray(pixels, np.uint8)
    digest, folder = digest_of(pixels), _folder(data)
    path = folder / f"{digest}.npz"
    if not path.exists() and len(_files(data)) >= MOST:
        raise RunError(f"The golden set of this dataset is full: {MOST} images. Remove some on the Data page.")
    image = GoldenImage(digest, pixels, label, source[:LONGEST], time.time(), run)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        pixels=pixels,
        label=np.array(label),
        source=np.array(image.source),
        pinned=np.array(image.pinned),
        run=np.array(run),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, buffer.getvalue())
    except OSError as error:
        raise RunError(f"The image cannot be pinned: {error.strerror}. Free some space.") from error
    return image


def digest_of(pixels: np.ndarray) -> str:
    """The digest by which the set knows an image, uint8 (height, width, channels)."""
    pixels = np.ascontiguousarray(pixels, np.uint8)
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:20]


def digests(data: str) -> set[str]:
    """The digests of all images of a set, without reading them."""
    return {path.stem for path in _files(data)}


def remove(data: str, digests: Sequence[str]) -> None:
    """Removes pinned images.

    Raises:
        RunError: they cannot be removed.
        NotAllowed: the visitor may not.
    """
    sharing.require(Action.SAVE_DRAWING)
    known = {path.stem: path for path in _files(data)}
    try:
        for digest in digests:
            if digest in known:
                known[digest].unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"The image cannot be removed: {error.strerror}.") from error


def images(data: str) -> list[GoldenImage]:
    """The golden set of a dataset, the oldest first. Damaged files are left out."""
    found = [_read(str(path), file_times.modified(path)) for path in _files(data)]
    return sorted((one for one in found if one is not None), key=lambda one: (one.pinned, one.digest))


def previous(run: Run) -> Run | None:
    """The run that a run is compared with: the one that it continues, or else the last one before it on the same
    dataset that has a model."""
    return next(iter(earlier(run, 1)), None)


def earlier(run: Run, most: int) -> list[Run]:
    """At most so many runs with which a run can be compared: the one that it continues, then the newest before it.

    An archived run is set aside, so it is no baseline.
    """
    data, created, parent = run.card.data, run.created, store.parent_of(run)
    found: list[Run] = []
    known = runs.all_runs()  # the newest first
    for other in [*(one for one in known if one.id == parent), *(one for one in known if one.id != parent)]:
        if other.id == run.id or other.created > created or trials.exists(other) or not other.is_ready:
            continue
        try:
            if other.card.data == data and not other.card.is_multilabel and not notes.read(other).archived:
                found.append(other)
        except UserError:
            continue
        if len(found) == most:
            break
    return found


def check(run: Run, before: Run | None = None) -> Report | None:
    """Checks a run with the golden set of its dataset, against `before` or the `previous` run; None without a set.

    Raises:
        RunError: it has no model, or it is damaged.
    """
    card = run.card
    if card.is_multilabel or not (pinned := images(card.data)):
        return None
    before = before or previous(run)
    now, then = _predicted(run, pinned), {}
    if before is not None:
        try:
            then = _predicted(before, pinned)
        except UserError:
            before = None  # its model is damaged
    outcomes = tuple(Outcome(one, now[one.digest], then.get(one.digest)) for one in pinned if one.digest in now)
    return Report(run, before, outcomes, len(pinned) - len(outcomes))


def _predicted(run: Run, pinned: Sequence[GoldenImage]) -> dict[str, str]:
    """The predicted class of each image that fits the model, by digest."""
    card = run.card
    fitting = [one for one in pinned if one.pixels.shape == card.shape and one.label in card.classes]
    if not fitting:
        return {}
    probabilities = classify(run, card, np.stack([one.pixels for one in fitting]))
    return {one.digest: card.classes[label] for one, label in zip(fitting, probabilities.argmax(1), strict=True)}


def _row(outcome: Outcome) -> dict[str, Any]:
    image = outcome.image
    found = {"image": image.digest, "class": image.label, "source": image.source}
    return found | {"predicted": outcome.predicted, "before": outcome.before}


def _files(data: str) -> list[Path]:
    return sorted(_folder(data).glob("*.npz"))


def _folder(data: str) -> Path:
    """The folder of a dataset. Its name may come from an imported run, so anything but a plain name is hashed."""
    return root() / (data if PLAIN.fullmatch(data) else hashlib.sha256(data.encode(errors="replace")).hexdigest()[:20])


@lru_cache(4 * MOST)
def _read(path: str, modified: float | None) -> GoldenImage | None:
    try:
        stored = arrays.read_npz(Path(path), SPEC)
    except (FileNotFoundError, DamagedFile):
        return None
    label, source, run = (str(stored.get(name, "")) for name in ("label", "source", "run"))
    return GoldenImage(Path(path).stem, stored["pixels"], label, source, float(stored["pinned"]), run)
