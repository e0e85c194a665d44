"""Model families: one file each, found by its name.

    families/          one file per family; add a model here
    shape_layers.py    Keras layers that only compute shapes and parameter counts
    backbones.py       pretrained networks
    weights/           where their weights are, and how they are downloaded
    feature_cache/     features that a backbone has computed

A family is a module with a TITLE and a function `classify(layers, images, num_classes, *, parameters...)` that returns
one logit per class. `layers` is `keras.layers` in the trainer and `imgcls.models.shape_layers` on a page, so the same
function builds the network and, without TensorFlow, the table of its layers. Learners read the docstring of the file on
the Train page; each keyword-only argument becomes a control and a command-line option. Optional:

    IN_SHORT      half a line about it, for the list of models
    DEEP          the network is deep enough for bfloat16 to be faster
    RECIPE        recommended settings of `Config`
    PRESETS       "quick", "good" and "best": settings that are added to RECIPE
    IGNORES       settings of `Config` that have no effect
    initialise(model, images)    sets initial weights that depend on training images

A family with HAS_BACKBONE builds on a pretrained network: its `classify` and `initialise` get that network's features
instead of images, `more_epochs(settings)` is the number of fine-tuning epochs, and `lengthened(settings, epochs)`
returns the settings with another number.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from math import prod
from types import ModuleType

from imgcls.errors import SettingError
from imgcls.models import backbones, families, shape_layers
from imgcls.models.backbones import Block
from imgcls.models.shape_layers import Row
from imgcls.params import Param, Value, completed, params_of

MAX_IMAGES_TO_INITIALISE = 2000
"""A family's `initialise` gets at most this many training images."""


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
        raise SettingError(f"There is no model '{name}'. Choose one of: {', '.join(names())}.")
    return importlib.import_module(f"{families.__name__}.{name}")


def title(name: str) -> str:
    """The title of a family, or the name itself if it is none, as that of an imported model."""
    return family(name).TITLE if name in names() else name


def in_short(name: str) -> str:
    """Half a line about a family, which is to be translated; empty if it has none."""
    return getattr(family(name), "IN_SHORT", "")


@cache
def params(name: str) -> tuple[Param, ...]:
    """The controls of a family."""
    return params_of(family(name).classify)


def has_backbone(name: str) -> bool:
    """Whether the family builds on a pretrained network."""
    return getattr(family(name), "HAS_BACKBONE", False)


def more_epochs(name: str, settings: Mapping[str, Value]) -> int:
    """Fine-tuning epochs, after those in which the head is trained; 0 for a family without a backbone."""
    return family(name).more_epochs(settings) if has_backbone(name) else 0


def text(name: str) -> str:
    """The description of a family for learners, as Markdown."""
    return inspect.cleandoc(family(name).__doc__ or "")


def training_bytes(rows: Iterable[Row], batch_size: int) -> float:
    """About how much memory training takes: activations and their gradients, weights, gradients and two moments."""
    rows = tuple(rows)
    return 4.0 * (2 * batch_size * sum(prod(row.shape) for row in rows) + 4 * sum(row.parameters for row in rows))


def table(
    name: str,
    shape: tuple[int, int, int],
    num_classes: int,
    settings: Mapping[str, Value],
    is_multilabel: bool = False,
    backbone: Block | None = None,
) -> tuple[Row, ...]:
    """The layers of the network that these settings build, as rows with shapes and parameter counts.

    Args:
        shape: Height, width and channels of an image.
        is_multilabel: The last layer is a sigmoid instead of a softmax.
        backbone: What a family with HAS_BACKBONE builds on; by default the pretrained network named in the settings.

    Raises:
        SettingError: a setting is invalid, or images of this shape are too small for the network.
    """
    values = completed(params(name), settings, f"The model '{name}'")
    images = shape_layers.Input(shape)
    if has_backbone(name):
        inputs = shape_layers.Functional(backbone or backbones.block(values), name="base")(images)
    else:
        inputs = shape_layers.Rescaling(1 / 255, name="normalise")(images)
    logits = family(name).classify(shape_layers, inputs, num_classes, **values)
    last = (
        shape_layers.Activation("sigmoid", name="probabilities")
        if is_multilabel
        else shape_layers.Softmax(name="probabilities")
    )
    return last(logits).rows
