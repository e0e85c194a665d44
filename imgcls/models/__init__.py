"""Model families: one file each, found by its name.

A family is a function `classify(layers, images, num_classes, *, knobs...)` that returns one logit a class. `layers` is
either `keras.layers` (in the trainer) or `imgcls.models.shape_layers` (on a page): the same function builds the network and
draws its table before anything is trained, without TensorFlow. The docstring of the file is the text that the page
shows; the keyword-only arguments are its controls. Optional: DEEP (numbers of 16 bits pay), RECIPE (settings of
`Config` that suit it), IGNORES (settings that mean nothing to it) and `begin(model, pictures)`, which sets first
weights that depend on the training pictures.

A family with HAS_BACKBONE builds on a pretrained network: its `classify` and `begin` get that network's features
instead of images, `more_epochs(settings)` says how many epochs of fine-tuning follow, and `lengthened(settings,
epochs)` makes them as many.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from imgcls.errors import SettingError
from imgcls.models import backbones, families, shape_layers
from imgcls.models.backbones import Block
from imgcls.models.shape_layers import Row
from imgcls.params import Param, Value, completed, params_of


@cache
def names() -> tuple[str, ...]:
    """The names of all families."""
    return tuple(sorted(entry.name for entry in pkgutil.iter_modules(families.__path__)))


@cache
def family(name: str) -> ModuleType:
    """The module of a family: its `__doc__`, its `TITLE` and its `classify`.

    Raises:
        SettingError: there is no such family.
    """
    if name not in names():
        raise SettingError(f"No model is called '{name}'. There are: {', '.join(names())}.")
    return importlib.import_module(f"{families.__name__}.{name}")


@cache
def params(name: str) -> tuple[Param, ...]:
    """The controls of a family."""
    return params_of(family(name).classify)


def has_backbone(name: str) -> bool:
    """Whether the family builds on a pretrained network."""
    return getattr(family(name), "HAS_BACKBONE", False)


def more_epochs(name: str, settings: Mapping[str, Value]) -> int:
    """Epochs of a second stage, after those that every run has."""
    return family(name).more_epochs(settings) if has_backbone(name) else 0


def text(name: str) -> str:
    """What a learner reads about a family."""
    return inspect.cleandoc(family(name).__doc__)


def table(
    name: str,
    shape: tuple[int, int, int],
    num_classes: int,
    settings: Mapping[str, Value],
    is_multilabel: bool = False,
    backbone: Block | None = None,
) -> tuple[Row, ...]:
    """The layers of the network that these settings would build, as rows with shapes and parameter counts.

    The last layer of a multi-label model is a sigmoid. `backbone` is what a family with HAS_BACKBONE builds on; by
    default the pretrained network that the settings name.

    Raises:
        SettingError: a setting is wrong, or the network does not fit this `shape` (height, width, channels).
    """
    values = completed(params(name), settings, f"The model '{name}'")
    images = shape_layers.Input(shape)
    if has_backbone(name):
        seen = shape_layers.Functional(backbone or backbones.block(values), name="base")(images)
    else:
        seen = shape_layers.Rescaling(1 / 255, name="normalise")(images)
    logits = family(name).classify(shape_layers, seen, num_classes, **values)
    last = (
        shape_layers.Activation("sigmoid", name="probabilities")
        if is_multilabel
        else shape_layers.Softmax(name="probabilities")
    )
    return last(logits).rows
