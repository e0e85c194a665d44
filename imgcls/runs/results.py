"""The contents of result.json and model.json, validated before a page uses them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imgcls.errors import RunError
from imgcls.images.files.pixel_scale import NO_SCALE, PixelScale, from_json

RESULT_VERSION = 1
OUTCOMES = ("finished", "stopped", "failed")
NUMBERS = (
    "test_accuracy",
    "test_cross_entropy",
    "test_label_accuracy",
    "test_macro_f1",
    "test_average_precision",
    "val_accuracy",
    "val_loss",
    "best_epoch",
    "epochs",
    "seconds",
    "training_seconds",
    "pictures_per_second",
    "parameters",
)


def checked_result(result: dict[str, Any]) -> dict[str, Any]:
    """The content of result.json without values of the wrong type, such as a score that is not a number.

    Raises:
        RunError: it was written by a newer version, or has no outcome.
    """
    version = result.get("version", 0)
    if not isinstance(version, int) or version > RESULT_VERSION:
        raise RunError("This run was made by a newer version of the program. Update the program to open it.")
    if result.get("outcome") not in OUTCOMES:
        raise RunError("The file result.json of this run is damaged: it has no outcome.")
    return {name: value for name, value in result.items() if _is_sound(name, value)}


@dataclass(frozen=True)
class ModelCard:
    """What model.json says about a trained model: everything needed to prepare its input and read its output.

    `shape` is (height, width, channels) of its uint8 input. `is_ink` models read light strokes on black, so drawings
    and photographed handwriting are converted to that first. `fit` is how other images are made square: "crop", "pad"
    or "" for the default; `pixels` is how values beyond 8 bits and many bands become colours. `threshold` turns
    probabilities of a multi-label model into labels; it was chosen on the validation images. `layers` are the rows
    of the layer table.
    """

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    is_ink: bool = False
    is_multilabel: bool = False
    threshold: float = 0.5
    fit: str = ""
    pixels: PixelScale = NO_SCALE
    data: str = ""
    data_title: str = ""
    parameters: int = 0
    layers: tuple[Mapping[str, Any], ...] = ()


def model_card(content: Mapping[str, Any]) -> ModelCard:
    """The content of model.json, checked.

    Raises:
        RunError: it does not name classes and an image's height, width and channels.
    """
    classes, shape = content.get("classes"), content.get("shape")
    if (
        isinstance(classes, list)
        and len(classes) > 1
        and all(isinstance(name, str) for name in classes)
        and isinstance(shape, list)
        and len(shape) == 3
        and all(isinstance(length, int) and 0 < length < 10_000 for length in shape)
        and shape[2] in (1, 3)
        and isinstance(content.get("ink"), bool)
        and isinstance(content.get("several", False), bool)
        and (not content.get("several") or (_is_number(content.get("threshold")) and 0 < content["threshold"] < 1))
    ):
        parameters, layers = content.get("parameters"), content.get("layers")
        return ModelCard(
            # A lone surrogate, which a foreign archive may bring in a name, cannot be sent to a browser.
            classes=tuple(name.encode("utf-8", "replace").decode() for name in classes),
            shape=(shape[0], shape[1], shape[2]),
            is_ink=content["ink"],
            is_multilabel=content.get("several", False),
            threshold=float(content.get("threshold") or 0.5),
            fit=str(content.get("fit") or ""),
            pixels=from_json(content.get("pixels")),
            data=str(content.get("data") or ""),
            data_title=str(content.get("data_title") or ""),
            parameters=parameters if isinstance(parameters, int) else 0,
            layers=tuple(row for row in layers if isinstance(row, dict)) if isinstance(layers, list) else (),
        )
    raise RunError("The file model.json of this run is damaged. Train the model again.")


def _is_sound(name: str, value: Any) -> bool:
    if name in NUMBERS:
        return _is_number(value)
    if name == "counts":
        return isinstance(value, dict) and all(_is_number(count) for count in value.values())
    if name == "data":
        changes = ("thrown_out", "relabelled")
        return (
            isinstance(value, dict)
            and isinstance(value.get("state"), str)
            and all(_is_number(value.get(change)) for change in changes)
        )
    if name == "folds":
        numbers = ("accuracy", "low", "high", "count")
        return (
            isinstance(value, dict)
            and all(_is_number(value.get(number)) for number in numbers)
            and isinstance(value.get("each"), list)
            and all(_is_number(accuracy) for accuracy in value["each"])
        )
    return name != "message" or isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
