"""The 8-bit model that answers instead of `model.tflite` where it is faster and predicts the same.

    served.tflite    8-bit weights (dynamic range); its outputs are `probabilities` and `features`, those of the last
                     hidden layer, so one pass both classifies an image and says how unfamiliar it is
    served.json      how it compares with the predictions that the run has stored, and its speed; written last

It answers on CPUs that multiply bytes natively: three times as fast as float32. On others it is no faster, so
`model.tflite` answers there. The scores of a run are always those of its float32 model.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcls.runs.run import Run
from imgcls.system import hardware, json_files

NAME, RECORD = "served.tflite", "served.json"
FILES = (RECORD, NAME)
"""The one written last first."""
VERSION = 1
LEAST_GAIN = 1.3
"""How many times as fast as the float32 model it has to be; less is not worth another file."""


@dataclass(frozen=True)
class ServedModel:
    """What served.json says: the `digest` of the file, and how it compares on `images` images of the test set.

    `identical` is the fraction of images with the same prediction, `largest_difference` that of two probabilities.
    `accuracy` and `stored_accuracy` are those of the file and of the float32 model on these images; None if only stored
    examples were compared. `gain` is how many times as fast as float32 it was when it was made. A change of the files
    changes the `stamp`.
    """

    stamp: tuple[float, ...]
    digest: str
    images: int
    identical: float
    largest_difference: float
    accuracy: float | None
    stored_accuracy: float | None
    gain: float


def is_wanted() -> bool:
    """Whether this machine gains from 8-bit models; IMGCLS_QUANTISED=0 forbids them."""
    off = os.environ.get("IMGCLS_QUANTISED", "").lower() in ("off", "0", "no", "false")
    return not off and hardware.multiplies_bytes()


def of(run: Run) -> ServedModel | None:
    """The 8-bit model of a run, if it answers on this machine; None if `model.tflite` does."""
    return _read(run.folder, run.stamp(RECORD, NAME)) if is_wanted() else None


@lru_cache(64)
def _read(folder: Path, stamp: tuple[float, ...]) -> ServedModel | None:
    """None if there is no such model, it is not good enough, or it was made from another `model.tflite`."""
    if not stamp[1]:
        return None
    try:
        content = json_files.read_object(folder / RECORD)
        model_digest = json_files.read_object(folder / "model.json").get("sha256")
        if content["version"] != VERSION or content["problem"] or content["model_sha256"] != model_digest:
            return None
        accuracy, stored_accuracy = (
            None if content[name] is None else _number(content[name]) for name in ("accuracy", "stored_accuracy")
        )
        found = ServedModel(
            stamp=stamp,
            digest=str(content["sha256"]),
            images=int(_number(content["images"])),
            identical=_number(content["identical"]),
            largest_difference=_number(content["largest_difference"]),
            accuracy=accuracy,
            stored_accuracy=stored_accuracy,
            gain=_number(content["gain"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a damaged record is as good as none: the float32 model answers
    return found if found.gain >= LEAST_GAIN else None


def _number(value: Any) -> float:
    if not json_files.is_number(value, 0.0, 1e9):
        raise ValueError("not a number")
    return float(value)
