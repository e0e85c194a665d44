"""What a run is asked to do: one flat frozen object that a form makes, `config.json` holds and the trainer obeys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from imgcls import models
from imgcls.config import older_versions
from imgcls.errors import SettingError
from imgcls.params import Choice, Param, Range, Value, completed, params_of

VERSION = 4


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one run. Every annotated field is a control on the Train page and a flag of the shell.

    `model_settings` holds the knobs of the model family; what is left out takes the family's defaults.

    Raises:
        SettingError: a value is of the wrong type or out of its range, or the model family is unknown.
    """

    data: Annotated[str, "The pictures to learn from."] = "mnist_sample"
    train_images: Annotated[
        int, Range(0, 10_000_000), "How many training pictures are used, the same share of each class; 0 means all."
    ] = 0
    validation_fraction: Annotated[
        float,
        Range(0.02, 0.5, step=0.01),
        "Share of the training pictures that is set aside to judge each epoch. The test pictures are never touched.",
    ] = 0.15
    model: Annotated[str, "The architecture: how the network is built."] = "cnn"
    model_settings: Mapping[str, Value] = field(default_factory=dict)
    normalisation: Annotated[
        str,
        Choice("0 to 1", "-1 to 1", "standardised"),
        "How grey levels 0-255 reach the network: divided by 255, mapped to -1..1, or to mean 0 and deviation 1.",
    ] = "0 to 1"
    rotation: Annotated[
        int,
        Range(0, 45, step=1, unit="degrees"),
        "Each training picture is turned by up to this angle, anew each epoch.",
    ] = 0
    shift: Annotated[
        int, Range(0, 32, step=1, unit="px"), "Each training picture is moved by up to this many pixels each way."
    ] = 0
    zoom: Annotated[
        float, Range(0, 0.5, step=0.05), "Each training picture is made larger or smaller by up to this share."
    ] = 0.0
    flip: Annotated[bool, "Half of the training pictures are mirrored left to right."] = False
    brightness: Annotated[
        float,
        Range(0, 0.5, step=0.05),
        "Each training picture is made lighter or darker by up to this share of the whole range from black to white.",
    ] = 0.0
    contrast: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "The differences to a training picture's mean brightness are stretched or shrunk by up to this share.",
    ] = 0.0
    blur: Annotated[
        float,
        Range(0, 3, step=0.25, unit="px"),
        "Each training picture is blurred by a bell curve of up to this deviation.",
    ] = 0.0
    noise: Annotated[
        int,
        Range(0, 64, step=2, unit="levels"),
        "Each pixel of a training picture gets a random number, of up to this deviation in grey levels (0 to 255).",
    ] = 0
    cutout: Annotated[
        int,
        Range(0, 32, step=1, unit="px"),
        "A square of this side, somewhere in each training picture, is hidden under its mean brightness, so that the "
        "network does not rely on one detail.",
    ] = 0
    test_time_augmentation: Annotated[
        bool,
        "The trained model looks at each picture and at its mirror image and answers with the mean: often a point "
        "better, in twice the time. Not where left and right matter, as in digits.",
    ] = False
    optimizer: Annotated[
        str,
        Choice("adam", "adamw", "sgd", "rmsprop", "nadam", "muon"),
        "How a gradient becomes a step. Adam suits nearly everything; SGD here runs with Nesterov momentum 0.9; Muon, "
        "for networks of convolutions and normalisation, needs the fewest epochs, at a learning rate near 0.12.",
    ] = "adam"
    learning_rate: Annotated[
        float,
        Range(1e-6, 1e6, logarithmic=True),
        "Size of each step. Too small: slow. Too large: the loss jumps or becomes NaN.",
    ] = 1e-3
    schedule: Annotated[
        str,
        Choice("constant", "plateau", "step", "cosine", "one_cycle"),
        "How the learning rate moves: not at all; lower when validation stalls; lower every few epochs; down along a "
        "cosine; or up and down again in one cycle, which learns fastest when you know how many epochs you want.",
    ] = "constant"
    plateau_patience: Annotated[
        int, Range(1, 100, unit="epochs"), "Epochs without improvement before the learning rate is lowered."
    ] = 2
    plateau_factor: Annotated[
        float, Range(0.05, 0.9, step=0.05), "The learning rate is multiplied by this when validation stalls."
    ] = 0.5
    step_epochs: Annotated[int, Range(1, 100, unit="epochs"), "The learning rate is lowered each time after these."] = 5
    step_factor: Annotated[
        float, Range(0.05, 0.95, step=0.05), "The learning rate is multiplied by this at each such step."
    ] = 0.5
    warmup_fraction: Annotated[
        float, Range(0, 0.8, step=0.05), "Share of the training in which one-cycle raises the learning rate."
    ] = 0.2
    weight_decay: Annotated[
        float,
        Range(0, 0.5, logarithmic=True),
        "Each step draws the weights towards zero by this share of the learning rate, against learning by heart.",
    ] = 0.0
    ema_decay: Annotated[
        float,
        Range(0, 0.9999, logarithmic=True),
        "Judge and keep a running mean of the weights instead of the last ones: the share that stays at each step, "
        "such as 0.99; 0 is off. It smooths the noise of single steps.",
    ] = 0.0
    batch_size: Annotated[
        int, Range(1, 4096), "Pictures per step. Larger batches run faster but take fewer steps per epoch."
    ] = 64
    epochs: Annotated[int, Range(1, 1000), "How many times the network sees every training picture."] = 10
    loss: Annotated[
        str,
        Choice("categorical_crossentropy", "sparse_categorical_crossentropy"),
        "Both compute cross-entropy: 'categorical' from one-hot labels (needed for label smoothing), "
        "'sparse' from class numbers.",
    ] = "categorical_crossentropy"
    class_weights: Annotated[
        bool,
        "Mistakes on rare classes count more: a picture's loss is weighted by the inverse of how frequent its class is "
        "among the training pictures. The training loss contains the weights, the validation loss does not.",
    ] = False
    label_smoothing: Annotated[
        float,
        Range(0, 0.5, step=0.05),
        "Share of certainty that is taken from the true class and spread over all. The training loss contains it, "
        "the validation loss does not.",
    ] = 0.0
    monitor: Annotated[
        str,
        Choice("loss", "accuracy"),
        "What makes an epoch the best one: the smallest validation loss or the largest validation accuracy.",
    ] = "loss"
    early_stopping: Annotated[bool, "Stop when the validation part has not improved for a while."] = True
    patience: Annotated[int, Range(1, 100, unit="epochs"), "How many epochs without improvement are allowed."] = 5
    precision: Annotated[
        str,
        Choice("auto", "float32", "bfloat16"),
        "Numbers of 32 bits, or of 16 where it saves time: 'auto' takes 16 for deep networks on a processor that is "
        "made for them. The kept model has 32 in any case.",
    ] = "auto"
    deterministic: Annotated[
        bool, "The same seed gives the same numbers to the last digit, for some loss of speed."
    ] = False
    seed: Annotated[
        int, Range(0, 2**31 - 1), "Start of every random choice: split, first weights, order, augmentation."
    ] = 0

    def __post_init__(self):
        for param in PARAMS:
            object.__setattr__(self, param.name, param.checked(getattr(self, param.name)))
        if not isinstance(self.model_settings, Mapping):
            raise SettingError(f"The model's settings are a table of names and values, not {self.model_settings!r}.")
        settings = completed(models.params(self.model), self.model_settings, f"The model '{self.model}'")
        object.__setattr__(self, "model_settings", MappingProxyType(settings))
        if self.label_smoothing and self.loss == "sparse_categorical_crossentropy":
            raise SettingError(
                "Label smoothing needs one-hot labels: choose the loss 'categorical_crossentropy', or a smoothing of 0."
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {"version": VERSION, **values, "model_settings": dict(self.model_settings)}

    @classmethod
    def from_dict(cls, values: Any) -> "Config":
        """The settings in a dictionary as read from JSON; old versions are mended here and nowhere else.

        Raises:
            SettingError: it is no dictionary, of a newer version, or holds an unknown or wrong setting.
        """
        if not isinstance(values, dict):
            raise SettingError("The settings are not a JSON object with one entry for each setting.")
        values = dict(values)
        version = values.pop("version", VERSION)
        if not isinstance(version, int) or version > VERSION:
            raise SettingError(
                f"These settings have version {version}; this program reads up to {VERSION}. Update the program."
            )
        values = older_versions.upgraded(values, version)
        known = [entry.name for entry in fields(cls)]
        unknown = sorted(str(key) for key in set(values) - set(known))
        if unknown:
            raise SettingError(f"There is no setting '{unknown[0]}'. There are: {', '.join(known)}.")
        return cls(**values)

    @classmethod
    def load(cls, path: Path) -> "Config":
        """The settings in a file.

        Raises:
            SettingError: the file is missing, unreadable, or holds a wrong setting.
        """
        try:
            values = json.loads(path.read_bytes())
        except OSError as error:
            raise SettingError(f"The settings file {path.name} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise SettingError(f"The settings file {path.name} is not valid JSON.") from error
        return cls.from_dict(values)

    def changed(self, **values: Any) -> "Config":
        """The same settings but for `values`."""
        return replace(self, **values)


PARAMS: tuple[Param, ...] = params_of(Config)


def differences(configs: list[Config]) -> dict[str, list[Value]]:
    """The settings in which several runs differ: name -> one value a run ('' where a model has no such knob)."""
    tables = []
    for config in configs:
        table = config.as_dict()
        table.update(table.pop("model_settings"))
        tables.append(table)
    names = dict.fromkeys(name for table in tables for name in table)
    columns = {name: [table.get(name, "") for table in tables] for name in names}
    return {name: values for name, values in columns.items() if any(value != values[0] for value in values)}
