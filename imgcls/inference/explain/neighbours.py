"""What a picture is like, in the eyes of a model: training pictures whose last hidden layer is nearest to its own.

A run keeps the features of some training pictures (`neighbours.npz`) and of test pictures (`inside.npz`). How far a
picture lies from the training pictures tells how new it is to the model. (Sun, Ming, Zhu and Li 2022,
"Out-of-distribution detection with deep nearest neighbors".)
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from imgcls.errors import DamagedFile, RunError
from imgcls.inference.activations import MISSING
from imgcls.runs import Run
from imgcls.system.arrays import INTEGERS, NUMBERS, Array, read_npz

KNOWN = {
    "features": Array(NUMBERS, ("n", None), np.float32),
    "labels": Array("biu", None),
    "pictures": Array("u", ("n", None, None, None)),
    "rows": Array(INTEGERS, ("n",)),
}
KEPT = {
    "features": Array(NUMBERS, ("n", None), np.float32),
    "indices": Array(INTEGERS, ("n",)),
    "even": Array("biu", ("n",), bool),
    "filters": Array(NUMBERS, None, np.float32, is_optional=True),
}
PLACE = 5
"""How new a picture is, is its distance to the fifth nearest: one odd twin in the training set decides nothing."""


@dataclass(frozen=True, eq=False)
class Known:
    """Training pictures that a run has kept: `features` float32 (m, d), each of length 1, `labels` int64 (m,) or (m,
    k), `pictures` uint8 (m, h, w, c), and `rows` int64 (m,), their places in the data set."""

    features: np.ndarray
    labels: np.ndarray
    images: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, eq=False)
class Kept:
    """Features of test pictures that a run has kept: `features` float32 (n, d), `indices` int64 (n,), the places of
    these pictures in the test set, `even` bool (n,) whether a picture was taken evenly from all of them, and `filters`
    float32 (height, width, channels, m) of the first layer, or None."""

    features: np.ndarray
    indices: np.ndarray
    even: np.ndarray
    filters: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest training pictures, the most similar first: places in `Known`, and cosines, 1 for the same."""

    places: np.ndarray
    similarity: np.ndarray


def known(run: Run) -> Known:
    """The training pictures that the run has kept.

    Raises:
        RunError: it has none, or the file is damaged.
    """
    return _known(run.folder, run.stamp("neighbours.npz"))


def kept(run: Run) -> Kept:
    """The features of test pictures, and the first filters, that the run has kept.

    Raises:
        RunError: it has none, or the file is damaged.
    """
    return _kept(run.folder, run.stamp("inside.npz"))


def nearest(run: Run, features: np.ndarray, most: int = 12) -> Nearest:
    """The training pictures whose features are most like these (d,), by cosine.

    Raises:
        RunError: the run has kept none, or the features are of another model.
    """
    there = known(run)
    similarity = there.features @ _fitting(features[None], there)[0]
    places = np.argsort(-similarity, kind="stable")[:most]
    return Nearest(places, similarity[places])


def unfamiliarity(run: Run, features: np.ndarray) -> tuple[float, float, str]:
    """How new a picture with these features (d,) is to the model: a score, its percentile, and a sentence.

    The score is the distance (0 to 2, between features of length 1) to the fifth nearest of the kept training pictures;
    the percentile is the share of the test pictures, in percent, that are less far away.

    Raises:
        RunError: the run has kept no features, or they are of another model.
    """
    score = float(_distances(_fitting(features[None], known(run)), known(run))[0])
    usual = _usual(run.folder, run.stamp("neighbours.npz", "inside.npz"))
    percentile = 100.0 * float(np.searchsorted(usual, score, side="left")) / len(usual)
    return score, percentile, _sentence(percentile)


def farther(percentile: float) -> str:
    """How far a picture of this percentile lies, in a sentence."""
    return f"It lies farther from the training pictures than {_percent(percentile)} of the test pictures."


def _sentence(percentile: float) -> str:
    if percentile >= 99:
        return f"The model has hardly seen anything like it. {farther(percentile)} Do not trust the answer."
    if percentile >= 90:
        return f"Unusual. {farther(percentile)}"
    others = _percent(100 - percentile)
    return f"Nothing unusual: {others} of the test pictures lie at least as far from the training pictures."


def _percent(value: float) -> str:
    """A share in percent, a decimal more from 99 on, and never rounded up: 99.97% of the pictures are not all."""
    steps = 10 if value >= 99 else 1
    return f"{math.floor(value * steps + 1e-6) / steps:.{steps // 10}f}%"


@lru_cache(8)
def _usual(folder: Path, stamp: tuple) -> np.ndarray:
    """The scores of the kept test pictures, ascending."""
    run = Run(folder)
    tested = kept(run)
    return np.sort(_distances(_fitting(tested.features[tested.even], known(run)), known(run)))


def _distances(features: np.ndarray, there: Known) -> np.ndarray:
    """The distance of each row (n, d) of length 1 to its fifth nearest training picture, float32 (n,)."""
    place = min(PLACE, len(there.features)) - 1
    found = [np.zeros(0, np.float32)]
    for start in range(0, len(features), 1024):
        cosines = features[start : start + 1024] @ there.features.T
        found.append(-np.partition(-cosines, place, axis=1)[:, place])
    return np.sqrt(np.maximum(2 - 2 * np.concatenate(found), 0))


def _fitting(features: np.ndarray, there: Known) -> np.ndarray:
    if features.shape[-1] != there.features.shape[-1]:
        raise RunError("The stored training pictures of this run belong to another model. Let them be made anew.")
    return _of_length_one(features)


@lru_cache(8)
def _known(folder: Path, stamp: tuple) -> Known:
    stored = _read(folder / "neighbours.npz", KNOWN)
    if not len(stored["features"]):
        raise RunError("The stored training pictures of this run are damaged. Let them be made anew.")
    return Known(_of_length_one(stored["features"]), stored["labels"], stored["pictures"], stored["rows"])


@lru_cache(8)
def _kept(folder: Path, stamp: tuple) -> Kept:
    stored = _read(folder / "inside.npz", KEPT)
    if not stored["even"].any():
        raise RunError("The stored features of this run are damaged. Let them be made anew.")
    return Kept(stored["features"], stored["indices"], stored["even"], stored.get("filters"))


def _read(path: Path, spec: dict[str, Array]) -> dict[str, np.ndarray]:
    try:
        return read_npz(path, spec)
    except FileNotFoundError as error:
        raise RunError(MISSING) from error
    except DamagedFile as error:
        raise RunError(f"The file {path.name} of this run is damaged. Let it be made anew.") from error


def _of_length_one(features: np.ndarray) -> np.ndarray:
    features = features.astype(np.float32)
    return features / np.maximum(np.linalg.norm(features, axis=-1, keepdims=True), 1e-12)
