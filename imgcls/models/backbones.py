"""Pretrained backbones for transfer learning: what is known about each without loading it.

All were trained on the 1.3 million photographs of ImageNet. Two ship with the project (see `imgcls.models.shipped`),
the others come from `keras.applications` and are downloaded. Any finished run can be a backbone as well: its network
without the last dense layer (see `imgcls.runs.backbone_facts`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgcls.errors import SettingError
from imgcls.models.shipped import PLANS

GOOGLE = "https://storage.googleapis.com/tensorflow/keras-applications/"
RUN = "One of your runs"
"""The option next to the names of the pretrained networks."""


@dataclass(frozen=True)
class Network:
    """A pretrained network without its classification layer. The weights fit every image size.

    Attributes:
        features: Number of values that it computes for an image.
        multiply_adds: In millions, for one image of 224×224 pixels.
        megabytes: Size of the weights file.
        path: Path of the weights file below `GOOGLE`; empty if the network ships with the project.
        md5: Keras's own checksum of that file; empty if Keras has none.
        strength: What it is best at, compared with the other shipped network.
    """

    title: str
    source: str
    parameters: int
    features: int
    multiply_adds: int
    megabytes: float
    path: str = ""
    md5: str = ""
    strength: str = ""

    @property
    def is_shipped(self) -> bool:
        """Whether its weights are part of the project, so that it needs no download."""
        return self.title in PLANS

    @property
    def file(self) -> str:
        """The name of the weights file, as Keras or the project calls it."""
        return PLANS[self.title].file if self.is_shipped else self.path.rpartition("/")[2]

    @property
    def url(self) -> str:
        return GOOGLE + self.path


NETWORKS: dict[str, Network] = {
    network.title: network
    for network in (
        Network("EfficientNet-Lite0", "Tan and Le 2019", 3_413_024, 1280, 384, 6.4, strength="accurate"),
        Network("MobileNet 0.25", "Howard et al. 2017", 218_544, 256, 41, 0.4, strength="fast"),
        Network(
            "MobileNetV2",
            "Sandler et al. 2018",
            2_257_984,
            1280,
            300,
            9.4,
            "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        ),
        Network(
            "EfficientNetV2-B0",
            "Tan and Le 2021",
            5_919_312,
            1280,
            720,
            24.3,
            "efficientnet_v2/efficientnetv2-b0_notop.h5",
            "893217f2bb855e2983157299931e43ff",
        ),
        Network(
            "ResNet50",
            "He et al. 2015",
            23_587_712,
            2048,
            3_860,
            94.8,
            "resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "4d473c1dd8becc155b73f8504c6f6626",
        ),
        Network(
            "VGG16",
            "Simonyan and Zisserman 2014",
            14_714_688,
            512,
            15_350,
            58.9,
            "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "6d6bbae143d832006294945121d1f1fc",
        ),
    )
}
"""Title -> network. A test compares every number with Keras."""
MANY_IMAGES = 20_000
"""EfficientNet-Lite0 takes 157 images of 128 px per CPU second, MobileNet 0.25 1,041 (docs/decisions/training.md)."""
SHIPPED = tuple(title for title, network in NETWORKS.items() if network.is_shipped)
"""The titles of those that need no download."""


@dataclass(frozen=True)
class Block:
    """A backbone as one block of the network diagram, with `features` output values per image."""

    features: int
    parameters: int
    detail: str


def suggested(images: int) -> str:
    """The included backbone for this many training images: the fast one if the accurate one would keep you waiting."""
    return "MobileNet 0.25" if images > MANY_IMAGES else "EfficientNet-Lite0"


def block(settings: Mapping[str, Any]) -> Block:
    """The pretrained network that the settings of the family `transfer` name.

    Raises:
        SettingError: they name one of the user's runs instead; `imgcls.runs.backbone_facts` knows those.
    """
    if settings["backbone"] == RUN:
        raise SettingError("No run is selected as the backbone. Train a model first, or select a pretrained network.")
    network, size = NETWORKS[settings["backbone"]], settings["input_size"]
    return Block(network.features, network.parameters, f"{network.title} at {size}×{size}, frozen")


def trunk(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """(features, parameters) of a run's network without its last dense layer, from the rows of its layer table.

    Raises:
        SettingError: the table has no dense layer at its end.
    """
    try:
        last = max(index for index, row in enumerate(rows) if row["kind"] == "Dense")
        (features,) = rows[last - 1]["shape"]
        return int(features), sum(int(row["parameters"]) for row in rows[:last])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SettingError(
            "Its network does not end in a dense layer that could be replaced. Select another run."
        ) from error
