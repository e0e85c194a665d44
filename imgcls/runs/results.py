"""What result.json and model.json say of a run, checked before a page believes it."""

import math
from typing import Any

from imgcls.errors import RunError

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
    """The content of result.json without what is not of its kind, as a score that is no number.

    Raises:
        RunError: it was written by a newer version, or names no outcome.
    """
    version = result.get("version", 0)
    if not isinstance(version, int) or version > RESULT_VERSION:
        raise RunError("This run was made by a newer version of the program. Update the program to open it.")
    if result.get("outcome") not in OUTCOMES:
        raise RunError("The file result.json of this run is damaged: it names no outcome.")
    return {name: value for name, value in result.items() if _is_sound(name, value)}


def checked_model(facts: dict[str, Any]) -> dict[str, Any]:
    """The content of model.json.

    Raises:
        RunError: it does not name classes and a picture's height, width and channels.
    """
    classes, shape = facts.get("classes"), facts.get("shape")
    if (
        isinstance(classes, list)
        and len(classes) > 1
        and all(isinstance(name, str) for name in classes)
        and isinstance(shape, list)
        and len(shape) == 3
        and all(isinstance(length, int) and 0 < length < 10_000 for length in shape)
        and shape[2] in (1, 3)
        and isinstance(facts.get("ink"), bool)
        and isinstance(facts.get("several", False), bool)
        and (not facts.get("several") or (_is_number(facts.get("threshold")) and 0 < facts["threshold"] < 1))
    ):
        # Half a surrogate pair, as a foreign archive may bring it in a name, can be sent to no browser.
        return facts | {"classes": [name.encode("utf-8", "replace").decode() for name in classes]}
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
    return name != "message" or isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
