"""Reads settings that earlier versions of the program wrote: the one place that knows their names and meanings.

version 1   a switch `reduce_on_plateau` instead of schedules, AdamW with a weight decay of its own, always float32
version 2   the residual network was called deep_cnn
version 3   settings had the names in `RENAMED` and `RENAMED_MODEL_SETTINGS`
version 4   the validation set had no minimum size
"""

from collections.abc import Mapping
from typing import Any

from imgcls.errors import SettingError

RENAMED = {
    "pictures": "train_images",
    "validation_share": "validation_fraction",
    "cut_out": "cutout",
    "mirrored_answers": "test_time_augmentation",
    "warmup_share": "warmup_fraction",
    "averaging": "ema_decay",
}
"""Settings by the names that they had before version 4."""
RENAMED_MODEL_SETTINGS = {"base": "backbone", "base_run": "backbone_run", "copies": "augmented_copies"}
"""Settings of the model family `transfer` by the names that they had before version 4."""
RENAMED_VALUES = {"backbone": {"A finished run": "One of your runs"}}
"""Values of its settings that had other names before version 4: setting -> old value -> value."""
ADAMW_DECAY = 0.004
"""What Keras's AdamW used while there was no setting for it."""


def upgraded(values: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Settings of an earlier version under their current names and with their current meaning.

    Raises:
        SettingError: a value that has to be translated is of the wrong type.
    """
    values = dict(values)
    if version < 2:
        _replace_plateau_switch(values)
        if values.get("optimizer") == "adamw":
            values.setdefault("weight_decay", ADAMW_DECAY)
        values.setdefault("precision", "float32")
    if version < 3 and values.get("model") == "deep_cnn":
        values["model"] = "resnet"
    if version < 4:
        values = {RENAMED.get(name, name): value for name, value in values.items()}
        settings = values.get("model_settings")
        if values.get("model") == "transfer" and isinstance(settings, Mapping):
            values["model_settings"] = _transfer_settings(settings)
    if version < 5:
        values.setdefault("validation_minimum", 0)
    return values


def _replace_plateau_switch(values: dict[str, Any]) -> None:
    if "reduce_on_plateau" in values:
        lowers = values.pop("reduce_on_plateau")
        if not isinstance(lowers, bool):
            raise SettingError(f"Reduce on plateau must be true or false, not {lowers!r}.")
        values.setdefault("schedule", "plateau" if lowers else "constant")


def _transfer_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {RENAMED_MODEL_SETTINGS.get(name, name): value for name, value in settings.items()}
    return {
        name: RENAMED_VALUES[name].get(value, value) if name in RENAMED_VALUES and isinstance(value, str) else value
        for name, value in renamed.items()
    }
