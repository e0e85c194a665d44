"""The settings of a run: one flat, frozen object, filled in by a form, stored in `config.json`, used by the trainer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from imgcls import models
from imgcls.config import older_versions
from imgcls.errors import SettingError
from imgcls.languages import N_
from imgcls.params import Choice, Param, Range, Value, completed, params_of, shortened
from imgcls.system import json_files

VERSION = 5


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one run. Every annotated field is a control on the Train page and a flag of the command line.

    `model_settings` holds the settings of the model family; what is missing takes the family's defaults.

    Raises:
        SettingError: a value has the wrong type or is out of range, or the model family is unknown.
    """

    data: Annotated[str, N_("The dataset to train on.")] = "mnist_sample"
    train_images: Annotated[
        int,
        Range(0, 10_000_000),
        N_("Number of training images to use, at random with the same fraction of each class. 0 uses all of them."),
    ] = 0
    validation_fraction: Annotated[
        float,
        Range(0.02, 0.5, step=0.01),
        "Fraction of the training images held out for validation. The test images are never used.",
    ] = 0.15
    validation_minimum: Annotated[
        int,
        Range(0, 10_000),
        "Smallest number of validation images. The validation fraction is raised if it gives fewer, but never beyond a "
        "third of the images. With fewer than 100, the best epoch is largely a matter of chance.",
    ] = 100
    folds: Annotated[
        int,
        Range(0, 10, step=1),
        "Cross-validation: trains this many more models, each without one fold of the images, and predicts every image "
        "by the model that has not seen it. Gives a mean accuracy with an interval from all training images. 0 is off.",
    ] = 0
    model: Annotated[str, N_("The model family, i.e. the network architecture.")] = "cnn"
    model_settings: Mapping[str, Value] = field(default_factory=dict)
    normalisation: Annotated[
        str,
        Choice("0 to 1", "-1 to 1", "standardised"),
        "How pixel values 0–255 are scaled: divided by 255, mapped to -1…1, or standardised to mean 0 and standard "
        "deviation 1.",
    ] = "0 to 1"
    rotation: Annotated[
        int,
        Range(0, 45, step=1, unit="degrees"),
        "Rotate each training image by a random angle up to this value, redrawn every epoch.",
    ] = 0
    shift: Annotated[
        int,
        Range(0, 32, step=1, unit="px"),
        "Shift each training image by up to this many pixels horizontally and vertically.",
    ] = 0
    zoom: Annotated[float, Range(0, 0.5, step=0.05), "Zoom each training image in or out by up to this fraction."] = 0.0
    flip: Annotated[bool, "Flip each training image horizontally in every other epoch."] = False
    brightness: Annotated[
        float,
        Range(0, 0.5, step=0.05),
        "Brighten or darken each training image by up to this fraction of the range from black to white.",
    ] = 0.0
    contrast: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "Increase or reduce the contrast of each training image, around its mean, by up to this fraction.",
    ] = 0.0
    blur: Annotated[
        float,
        Range(0, 3, step=0.25, unit="px"),
        "Gaussian blur with a standard deviation up to this value.",
    ] = 0.0
    noise: Annotated[
        int,
        Range(0, 64, step=2, unit="levels"),
        "Gaussian noise added to each pixel, with a standard deviation up to this value, on the pixel scale 0–255.",
    ] = 0
    cutout: Annotated[
        int,
        Range(0, 32, step=1, unit="px"),
        "Cutout: masks a random square of this size with the image's mean, so that the network does not rely on a "
        "single detail.",
    ] = 0
    test_time_augmentation: Annotated[
        bool,
        "Test-time augmentation: average the predictions for each image and its mirror image. Often +1 point of "
        "accuracy at twice the inference cost. Avoid it where left and right matter, as in digits.",
    ] = False
    optimizer: Annotated[
        str,
        Choice("adam", "adamw", "sgd", "rmsprop", "nadam", "muon"),
        "How gradients become weight updates. Adam works well for almost everything. SGD uses Nesterov momentum 0.9. "
        "Muon, for convolutional networks with normalisation, needs the fewest epochs; use a learning rate near 0.12.",
    ] = "adam"
    learning_rate: Annotated[
        float,
        Range(1e-6, 1e6, logarithmic=True),
        N_("Step size of the optimiser. Too small: training is slow. Too large: the loss jumps or becomes NaN."),
    ] = 1e-3
    schedule: Annotated[
        str,
        Choice("constant", "plateau", "step", "cosine", "one_cycle"),
        "How the learning rate changes: constant; reduced when validation stalls (plateau); reduced every few epochs "
        "(step); decreasing along a cosine; or one-cycle, up and then down, which trains fastest if you know the "
        "number of epochs in advance.",
    ] = "constant"
    plateau_patience: Annotated[
        int,
        Range(1, 100, unit="epochs"),
        "Epochs without improvement before the learning rate is reduced.",
    ] = 2
    plateau_factor: Annotated[
        float,
        Range(0.05, 0.9, step=0.05),
        "The learning rate is multiplied by this factor when validation stalls.",
    ] = 0.5
    step_epochs: Annotated[int, Range(1, 100, unit="epochs"), "Epochs between two reductions of the learning rate."] = 5
    step_factor: Annotated[
        float,
        Range(0.05, 0.95, step=0.05),
        "The learning rate is multiplied by this factor at each step.",
    ] = 0.5
    warmup_fraction: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "Warm-up: the fraction of training during which one-cycle increases the learning rate.",
    ] = 0.2
    weight_decay: Annotated[
        float,
        Range(0, 0.5, logarithmic=True),
        "Decoupled weight decay: shrinks the weights by this fraction of the learning rate at each step, to reduce "
        "overfitting.",
    ] = 0.0
    ema_decay: Annotated[
        float,
        Range(0, 0.9999, logarithmic=True),
        "Exponential moving average of the weights, used for validation and for the saved model. The decay per step, "
        "e.g. 0.99; 0 turns it off.",
    ] = 0.0
    batch_size: Annotated[
        int,
        Range(1, 4096),
        "Images per training step. Larger batches run faster but take fewer steps per epoch.",
    ] = 64
    epochs: Annotated[int, Range(1, 1000), N_("Number of passes over the training images.")] = 10
    loss: Annotated[
        str,
        Choice("categorical_crossentropy", "sparse_categorical_crossentropy"),
        "Both compute the cross-entropy: 'categorical' from one-hot labels (needed for label smoothing), 'sparse' from "
        "class indices.",
    ] = "categorical_crossentropy"
    class_weights: Annotated[
        bool,
        "Weight each image's loss by the inverse frequency of its class in the training set, so that errors on rare "
        "classes count more. Applies to the training loss, not to the validation loss.",
    ] = False
    label_smoothing: Annotated[
        float,
        Range(0, 0.5, step=0.05),
        "Probability mass moved from the true class to all classes in the training targets. Applies to the training "
        "loss, not to the validation loss.",
    ] = 0.0
    monitor: Annotated[
        str,
        Choice("loss", "accuracy"),
        "How the best epoch is chosen: by the lowest validation loss or by the highest validation accuracy.",
    ] = "loss"
    early_stopping: Annotated[bool, "Stop training when validation no longer improves."] = True
    patience: Annotated[
        int,
        Range(1, 100, unit="epochs"),
        "Early stopping: epochs without improvement before training stops.",
    ] = 5
    precision: Annotated[
        str,
        Choice("auto", "float32", "bfloat16"),
        "float32, or bfloat16 mixed precision. 'auto' uses bfloat16 for deep networks if the GPU (or, without one, "
        "the CPU) supports it. The saved model is always float32.",
    ] = "auto"
    deterministic: Annotated[bool, "Bit-for-bit reproducible for a given seed, at some cost in speed."] = False
    seed: Annotated[
        int,
        Range(0, 2**31 - 1),
        "Seed of everything random: split, initial weights, shuffling, augmentation.",
    ] = 0

    def __post_init__(self):
        for param in PARAMS:
            object.__setattr__(self, param.name, param.checked(getattr(self, param.name)))
        if not isinstance(self.model_settings, Mapping):
            raise SettingError(
                f"The model's settings must be a JSON object of names and values, not {shortened(self.model_settings)}."
            )
        settings = completed(models.params(self.model), self.model_settings, f"The model '{self.model}'")
        object.__setattr__(self, "model_settings", MappingProxyType(settings))
        if self.folds == 1:
            raise SettingError("Folds must be 0 (no cross-validation) or at least 2, not 1.")
        if self.label_smoothing and self.loss == "sparse_categorical_crossentropy":
            raise SettingError(
                "Label smoothing needs one-hot labels: choose the loss 'categorical_crossentropy' or set label "
                "smoothing to 0."
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {"version": VERSION, **values, "model_settings": dict(self.model_settings)}

    @classmethod
    def from_dict(cls, values: Any) -> "Config":
        """The settings in a dictionary as read from JSON, also if an earlier version wrote them.

        Raises:
            SettingError: it is not a dictionary, was written by a newer version, or has an unknown or invalid setting.
        """
        if not isinstance(values, dict):
            raise SettingError("The settings must be a JSON object with one entry per setting.")
        values = dict(values)
        version = values.pop("version", VERSION)
        if not json_files.is_integer(version) or version > VERSION:
            raise SettingError(
                f"These settings have version {str(version)[:20]}, but this program reads versions up to {VERSION}. "
                "Update the program."
            )
        values = older_versions.upgraded(values, version)
        known = [entry.name for entry in fields(cls)]
        unknown = sorted(str(key) for key in set(values) - set(known))
        if unknown:
            raise SettingError(f"Unknown setting {shortened(unknown[0])}. Available settings: {', '.join(known)}.")
        return cls(**values)

    @classmethod
    def load(cls, path: Path) -> "Config":
        """The settings in a JSON file.

        Raises:
            SettingError: the file is missing or unreadable, or has an invalid setting.
        """
        try:
            return _parsed(json_files.content_of(path))
        except OSError as error:
            raise SettingError(f"The settings file {path.name} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise SettingError(f"The settings file {path.name} is not valid JSON.") from error

    def changed(self, **values: Any) -> "Config":
        """The same settings with some changed."""
        return replace(self, **values)


@lru_cache(2_000)
def _parsed(content: bytes) -> Config:
    """The settings in a file of this content. Checking each value takes most of the time that a run's state needs."""
    return Config.from_dict(json_files.parse(content))


PARAMS: tuple[Param, ...] = params_of(Config)


def differences(configs: list[Config]) -> dict[str, list[Value]]:
    """The settings in which runs differ: name -> one value per run ('' if its model has no such setting)."""
    tables = []
    for config in configs:
        table = config.as_dict()
        table.update(table.pop("model_settings"))
        tables.append(table)
    names = dict.fromkeys(name for table in tables for name in table)
    columns = {name: [table.get(name, "") for table in tables] for name in names}
    return {name: values for name, values in columns.items() if any(value != values[0] for value in values)}
