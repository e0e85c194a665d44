"""What only the user can know about a model: preselected where the file says it, checked before it is used."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from imgcls.config.imported_model import CHANNEL_ORDERS, LAYOUTS, MOST_SIDE, OUTPUTS, SCALINGS, ImportedModel
from imgcls.datasets.importing.class_names import merge_key, visible
from imgcls.datasets.info import DatasetInfo
from imgcls.errors import SettingError
from imgcls.evaluation.model_import.inspection import Facts, flat_size, possible_layouts

AUTO = "auto"
"""Find it out: by what the file says, or by trying it on training images of the dataset."""
SCALING_TITLES = {
    "0-255": "0 to 255: pixel values as they are",
    "0-1": "0 to 1: divided by 255",
    "-1-1": "−1 to 1: divided by 127.5, minus 1",
    "imagenet": "ImageNet: divided by 255, minus the mean, divided by the standard deviation",
    "imagenet-mean": "ImageNet mean subtracted from 0 to 255 (Caffe, VGG16 and ResNet50 of Keras)",
}
SHOWN = 4
"""Class names that a message lists."""


@dataclass(frozen=True)
class Answers:
    """The user's answers. `AUTO` or empty: whatever the file says, or what trying finds.

    Attributes:
        data: The dataset to evaluate the model on.
        scaling: What the model expects pixel values to be.
        channel_order: RGB or BGR.
        layout: The order of the input's axes.
        size: The side of the input if the model takes any.
        outputs: "probabilities" or "logits".
        classes: The dataset's class names in the order of the model's scores.
        label: The name of the new run.
    """

    data: str
    scaling: str = AUTO
    channel_order: str = AUTO
    layout: str = AUTO
    size: int = 0
    outputs: str = AUTO
    classes: tuple[str, ...] = ()
    label: str = ""

    def __post_init__(self) -> None:
        choices = {
            "scaling": SCALINGS,
            "channel_order": CHANNEL_ORDERS,
            "layout": LAYOUTS,
            "outputs": OUTPUTS,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in (AUTO, *allowed):
                raise SettingError(f"{name.replace('_', ' ').capitalize()} must be one of: {', '.join(allowed)}.")
        if not 0 <= self.size <= MOST_SIDE:
            raise SettingError(f"The input size must be at most {MOST_SIDE} pixels.")

    def as_json(self) -> dict[str, Any]:
        """The answers as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Answers":
        """The reverse of `as_json`."""
        return cls(**content | {"classes": tuple(content["classes"])})


def known_scaling(facts: Facts) -> str:
    """The scaling that the file itself reveals; empty if it does not."""
    if facts.is_ours:
        return "0-255"
    if facts.scale:
        for scaling, step in (("0-255", 1.0), ("0-1", 1 / 255), ("-1-1", 2 / 255)):
            if abs(facts.scale / step - 1) < 0.05:
                return scaling
    return "0-255" if facts.dtype == "uint8" and not facts.scale else ""


def known_channel_order(facts: Facts, dataset: DatasetInfo) -> str:
    """The order that is certain, or that makes no difference; empty if there is a choice."""
    if facts.is_ours or dataset.shape[2] == 1 or _size(facts, AUTO, 1)[2] == 1:
        return "RGB"
    return ""


def model_of(facts: Facts, answers: Answers, dataset: DatasetInfo) -> ImportedModel:
    """How the model is used on a dataset. A scaling or channel order that is still to be found is the first one.

    Raises:
        SettingError: the model does not fit the dataset, or an answer does not fit the model.
    """
    has_one_output = facts.width == 1
    count = 2 if has_one_output else facts.width
    if count and count != len(dataset.classes):
        raise SettingError(
            f"The model distinguishes {count:,} classes, but {dataset.title} has {len(dataset.classes):,}. Choose a "
            "dataset with the model's classes."
        )
    if has_one_output and dataset.is_multilabel:
        raise SettingError(f"The model has one output, but {dataset.title} needs one for each label.")
    layouts = possible_layouts(facts.shape)
    layout = layouts[0] if answers.layout == AUTO else answers.layout
    if layout not in layouts:
        raise SettingError(
            f"The model's input cannot have the layout {layout}. Possible for its shape: {', '.join(layouts)}."
        )
    size = _size(facts, layout, answers.size or dataset.shape[0])
    scaling = known_scaling(facts) or SCALINGS[0] if answers.scaling == AUTO else answers.scaling
    if size[2] == 1 and scaling.startswith("imagenet"):
        raise SettingError("ImageNet's scaling needs a model for colour images; this one takes greyscale images.")
    return ImportedModel(
        facts.title,
        facts.source,
        facts.kind,
        size,
        layout,
        "uint8" if facts.dtype == "uint8" and not facts.scale else "float32",
        facts.batch,
        scaling,
        "RGB" if answers.channel_order == AUTO or size[2] == 1 else answers.channel_order,
        (facts.outputs or "probabilities") if answers.outputs == AUTO else answers.outputs,
        has_one_output,
        _positions(answers.classes or facts.labels, dataset, is_from_file=not answers.classes),
    )


def size_is_free(facts: Facts) -> bool:
    """Whether the model takes images of any size, so that the user has to say which."""
    return None in facts.shape


def _size(facts: Facts, layout: str, side: int) -> tuple[int, int, int]:
    """Height, width and channels of the model's input."""
    layout = possible_layouts(facts.shape)[0] if layout == AUTO else layout
    shape = facts.shape
    if layout == "flat":
        found = flat_size(shape[0])
        assert found is not None
        return found
    if layout == "HW":
        return shape[0] or side, shape[1] or side, 1
    height, width, channels = shape if layout == "NHWC" else (shape[1], shape[2], shape[0])
    return height or side, width or side, channels or 3


def _positions(names: Sequence[str], dataset: DatasetInfo, is_from_file: bool) -> tuple[int, ...]:
    """The position of each class of the dataset among the model's classes."""
    count = len(dataset.classes)
    if not names:
        return tuple(range(count))
    # Letter case may distinguish two classes; only if it does not, it may differ.
    for spelling in (visible, merge_key):
        found, wanted = ([spelling(name.strip()) for name in some] for some in (names, dataset.classes))
        if len(set(found)) == len(found) and sorted(found) == sorted(wanted):
            return tuple(found.index(name) for name in wanted)
    whose = "The model's classes" if is_from_file else "The given classes"
    first, expected = _listed(names), _listed(dataset.classes)
    raise SettingError(
        f"{whose} ({first}) are not those of {dataset.title} ({expected}). Choose another dataset, or list the "
        "dataset's class names in the order of the model's scores."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(visible(name)[:40] for name in names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
