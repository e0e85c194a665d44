"""EfficientNet-Lite0 and MobileNet 0.25 as data: the sequence of their convolutions, and where their weights are."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.errors import DamagedFile, WeightsError
from imgcls.system.arrays import Array, read_npz

EPSILON = 1e-3
"""Of batch normalisation, in both networks."""
NORMALISATION = ("gamma", "beta", "mean", "variance")
"""The weights of batch normalisation, in Keras's order."""


@dataclass(frozen=True)
class Convolution:
    """A convolution without bias and with `same` padding, followed by batch normalisation.

    Attributes:
        name: Of the layer in Keras; it begins with the name of its block.
        normalisation: The name of its batch normalisation.
        inputs, filters: Channels before and after it; equal if it `is_depthwise`.
        is_activated: ReLU6 follows.
        adds: The name of an earlier convolution whose result is added to this one's; empty for none.
    """

    name: str
    normalisation: str
    kernel: int
    stride: int
    inputs: int
    filters: int
    is_depthwise: bool = False
    is_activated: bool = True
    adds: str = ""

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """Keras's order: height, width, inputs, and filters (1 per input if it is depthwise)."""
        return self.kernel, self.kernel, self.inputs, 1 if self.is_depthwise else self.filters


@dataclass(frozen=True)
class Plan:
    """A network: pixels times `scale` plus `offset`, the convolutions in order, and the mean over all positions."""

    file: str
    scale: float
    offset: float
    convolutions: tuple[Convolution, ...]

    @property
    def features(self) -> int:
        return self.convolutions[-1].filters


def _mobilenet(multiplier: float) -> Iterator[Convolution]:
    """Howard et al. 2017, "MobileNets: Efficient convolutional neural networks for mobile vision applications"."""
    width = int(32 * multiplier)
    yield Convolution("conv1", "conv1_bn", 3, 2, 3, width)
    layers = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
    for number, (filters, stride) in enumerate(layers, 1):
        depthwise, pointwise = f"conv_dw_{number}", f"conv_pw_{number}"
        yield Convolution(depthwise, f"{depthwise}_bn", 3, stride, width, width, is_depthwise=True)
        yield Convolution(pointwise, f"{pointwise}_bn", 1, 1, width, width := int(filters * multiplier))


LITE0_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel, stride of the first block, expansion, filters."""


def _efficientnet_lite0() -> Iterator[Convolution]:
    """Tan and Le 2019, "EfficientNet", without squeeze-and-excitation and with ReLU6 (Liu 2020, tensorflow/tpu)."""
    width, before = 32, "stem_conv"
    yield Convolution("stem_conv", "stem_bn", 3, 2, 3, width)
    for stage, (repeats, kernel, first_stride, expansion, filters) in enumerate(LITE0_STAGES, 1):
        for repeat in range(repeats):
            block, stride = f"block{stage}{'abcd'[repeat]}", first_stride if repeat == 0 else 1
            wide = width * expansion
            if expansion > 1:
                yield Convolution(f"{block}_expand_conv", f"{block}_expand_bn", 1, 1, width, wide)
            yield Convolution(f"{block}_dwconv", f"{block}_bn", kernel, stride, wide, wide, is_depthwise=True)
            project, normalisation = f"{block}_project_conv", f"{block}_project_bn"
            adds = before if stride == 1 and width == filters else ""
            yield Convolution(project, normalisation, 1, 1, wide, filters, is_activated=False, adds=adds)
            width, before = filters, project
    yield Convolution("top_conv", "top_bn", 1, 1, width, 1280)


PLANS: dict[str, Plan] = {
    "EfficientNet-Lite0": Plan("efficientnet_lite0.npz", 1 / 128, -127 / 128, tuple(_efficientnet_lite0())),
    "MobileNet 0.25": Plan("mobilenet_025.npz", 1 / 127.5, -1.0, tuple(_mobilenet(0.25))),
}
"""Title -> network."""


def weights_path(title: str) -> Path:
    """The file with the weights of a network."""
    return Path(__file__).parent / "weights" / PLANS[title].file


def weights_of(title: str) -> dict[str, np.ndarray]:
    """The weights of a network, float32: NAME.kernel of each convolution in Keras's order of axes, and NAME.gamma,
    .beta, .mean and .variance of each batch normalisation.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    spec = {}
    for layer in PLANS[title].convolutions:
        spec[f"{layer.name}.kernel"] = Array("f", layer.kernel_shape, np.float32)
        spec |= {f"{layer.normalisation}.{part}": Array("f", (layer.filters,), np.float32) for part in NORMALISATION}
    path = weights_path(title)
    try:
        return read_npz(path, spec)
    except (DamagedFile, OSError) as error:
        raise WeightsError(
            f"The file {path.name} with the weights of {title} is missing or damaged. It is part of imgcls: install "
            "imgcls again, or restore the file."
        ) from error
