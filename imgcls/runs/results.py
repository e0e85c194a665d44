"""The contents of result.json and model.json, validated before a page uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcls.errors import RunError
from imgcls.images.files.pixel_scale import NO_SCALE, PixelScale, from_json
from imgcls.system import atomic, json_files

RESULT_VERSION = 1
OUTCOMES = ("finished", "stopped", "failed")
FRACTIONS = (
    "test_accuracy",
    "test_label_accuracy",
    "test_macro_f1",
    "test_average_precision",
    "val_accuracy",
)
AMOUNTS = (
    "test_cross_entropy",
    "val_loss",
    "seconds",
    "training_seconds",
    "feature_seconds",
    "pictures_per_second",
    "feature_rate",
)
COUNTS = ("best_epoch", "epochs", "head_epochs", "parameters")
MOST = 1e12
"""No count, score or duration of a run is larger."""
ROUNDING = 1e-5
"""Means in single precision may leave their range by this much."""
NOT_SUBMITTED = "not_submitted"
"""Entry of result.json: there never was a trainer."""
TEXT_LENGTH = 2_000
"""Messages are cut to this many characters."""
NAME_LENGTH = 300
"""The longest name of a class, as when images are imported."""
MOST_CLASSES = 100_000


def damaged(name: str) -> str:
    """The message about a file of a run that cannot be read, whichever it is."""
    return (
        f"The file {name} of this run is damaged and cannot be read. Restore it from a backup, or delete the run and "
        "train it again."
    )


def write_not_submitted(folder: Path, attempts: int, reason: str) -> None:
    """The result of a run that no place for training took. Raises OSError."""
    message = (
        f"The run was not started: it was refused {attempts} times, and is no longer queued. {reason.rstrip('.')}. "
        f"Correct what the message names, then press Try again, or run: imgcls queue --retry {folder.name}"
    )
    content = {"version": RESULT_VERSION, "outcome": "failed", NOT_SUBMITTED: True, "message": message}
    atomic.write_json(folder / "result.json", content)


def checked_result(result: dict[str, Any]) -> dict[str, Any]:
    """The content of result.json without values that cannot be true, such as a score that is not a number from 0 to 1.

    Raises:
        RunError: it was written by a newer version, or has no outcome.
    """
    version = result.get("version", 0)
    if not json_files.is_integer(version) or version > RESULT_VERSION:
        raise RunError("This run was made by a newer version of the program. Update the program to open it.")
    if result.get("outcome") not in OUTCOMES:
        raise RunError(damaged("result.json"))
    sound = {name: value for name, value in result.items() if _is_sound(name, value)}
    return sound | {"message": sound["message"][:TEXT_LENGTH]} if "message" in sound else sound


def total_seconds(result: Mapping[str, Any]) -> float | None:
    """From the start of the trainer to its end: the epochs (`training_seconds`), and loading, tests and export.

    None if it is not known: the trainer of a resumed run has measured only what came after the interruption.
    """
    total, training = result.get("seconds"), result.get("training_seconds")
    return None if total is None or (training is not None and training > total) else total


@dataclass(frozen=True)
class ModelCard:
    """What model.json says about a trained model: everything needed to prepare its input and read its output.

    `shape` is (height, width, channels) of its uint8 input. `is_ink` models read light strokes on black, so drawings
    and photographed handwriting are converted to that first. `fit` is how other images are made square: "crop", "pad"
    or "" for the default; `pixels` is how values beyond 8 bits and many bands become colours. `layers` are the rows of
    the layer table. `digest` is the SHA-256 of model.tflite.

    `threshold` turns probabilities of a multi-label model into labels; `thresholds` are those of each label. Both were
    chosen on the validation images. Earlier versions wrote no `thresholds` and no `digest`, so these may be empty.
    """

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    is_ink: bool = False
    is_multilabel: bool = False
    threshold: float = 0.5
    thresholds: tuple[float, ...] = ()
    fit: str = ""
    pixels: PixelScale = NO_SCALE
    data: str = ""
    data_title: str = ""
    parameters: int = 0
    layers: tuple[Mapping[str, Any], ...] = ()
    digest: str = ""


def model_card(content: Mapping[str, Any]) -> ModelCard:
    """The content of model.json, checked.

    Raises:
        RunError: it does not name classes and an image's height, width and channels.
    """
    classes, shape, is_multilabel = content.get("classes"), content.get("shape"), content.get("several", False)
    threshold = content.get("threshold")
    if not (
        isinstance(classes, list)
        and 1 < len(classes) <= MOST_CLASSES
        and all(isinstance(name, str) for name in classes)
        and isinstance(shape, list)
        and len(shape) == 3
        and all(json_files.is_integer(length, 1, 9_999) for length in shape)
        and shape[2] in (1, 3)
        and isinstance(content.get("ink"), bool)
        and isinstance(is_multilabel, bool)
        and (not is_multilabel or _is_threshold(threshold))
    ):
        raise RunError("The file model.json of this run is damaged. Train the model again.")
    if (longest := max(map(len, classes))) > NAME_LENGTH:
        raise RunError(
            f"The file model.json of this run is damaged: a class has a name of {longest:,} characters, but at most "
            f"{NAME_LENGTH} are allowed. Train the model again."
        )
    parameters, layers = content.get("parameters"), content.get("layers")
    return ModelCard(
        classes=tuple(classes),
        shape=(shape[0], shape[1], shape[2]),
        is_ink=content["ink"],
        is_multilabel=is_multilabel,
        threshold=float(threshold or 0.5) if is_multilabel else 0.5,
        thresholds=_thresholds(content.get("thresholds"), len(classes)) if is_multilabel else (),
        fit=_text(content.get("fit")),
        pixels=from_json(content.get("pixels")),
        data=_text(content.get("data")),
        data_title=_text(content.get("data_title")),
        parameters=parameters if json_files.is_integer(parameters, 0, int(MOST)) else 0,
        layers=tuple(row for row in layers if _is_layer(row)) if isinstance(layers, list) else (),
        digest=_text(content.get("sha256")),
    )


def _is_threshold(value: Any) -> bool:
    return json_files.is_number(value, 1e-9, 1 - 1e-9)


def _thresholds(values: Any, count: int) -> tuple[float, ...]:
    """One threshold for each label; none if they cannot be read, so that the common one applies."""
    is_sound = isinstance(values, list) and len(values) == count and all(map(_is_threshold, values))
    return tuple(map(float, values)) if is_sound else ()


def _text(value: Any) -> str:
    return value[:NAME_LENGTH] if isinstance(value, str) else ""


def _is_layer(row: Any) -> bool:
    """Whether this is a row of the layer table."""
    return (
        isinstance(row, dict)
        and all(isinstance(row.get(name, ""), str) for name in ("name", "kind", "detail"))
        and json_files.is_integer(row.get("parameters", 0), 0, int(MOST))
        and isinstance(row.get("shape"), list)
        and all(length is None or json_files.is_integer(length, 0, int(MOST)) for length in row["shape"])
    )


def _is_sound(name: str, value: Any) -> bool:
    if name in FRACTIONS:
        return json_files.is_number(value, 0, 1 + ROUNDING)
    if name in AMOUNTS:
        return json_files.is_number(value, -ROUNDING, MOST)
    if name in COUNTS:
        return json_files.is_integer(value, 0, int(MOST))
    if name == "counts":
        return isinstance(value, dict) and all(json_files.is_integer(count, 0, int(MOST)) for count in value.values())
    if name == "data":
        changes = ("thrown_out", "relabelled")
        return (
            isinstance(value, dict)
            and isinstance(value.get("state"), str)
            and all(json_files.is_integer(value.get(change), 0, int(MOST)) for change in changes)
        )
    if name == "folds":
        numbers = ("accuracy", "low", "high", "count")
        return (
            isinstance(value, dict)
            and all(json_files.is_number(value.get(number), -MOST, MOST) for number in numbers)
            and isinstance(value.get("each"), list)
            and all(json_files.is_number(accuracy, 0, 1 + ROUNDING) for accuracy in value["each"])
        )
    return name != "message" or isinstance(value, str)
