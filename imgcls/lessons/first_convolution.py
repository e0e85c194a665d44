"""The first convolution of a model, by hand: its weights, what it receives, and the sum behind each of its outputs.

The weights are those that the trainer stored. Before anything is shown, all outputs are computed from them and compared
with the outputs of the model, so that what a page spells out is what the model does.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.errors import RunError
from imgcls.inference.activations import load_activation_model
from imgcls.inference.explain import neighbours
from imgcls.runs import Run

TOLERANCE = 5e-3
"""The largest difference, relative to the largest output: the model's own weights are stored in 16 bits."""


@dataclass(frozen=True, eq=False)
class FirstConvolution:
    """What the first convolution computes for one image.

    Attributes:
        layer: Its name.
        inputs: What it receives, float32 (height, width, channels), with a border of zeros if it has one.
        border: The width of that border at the top and at the left.
        kernel: Its weights, float32 (rows, columns, channels, maps).
        bias: float32 (maps,).
        outputs: What the model computes, float32 (height, width, maps).
        is_rectified: Whether negative sums become zero (ReLU).
    """

    layer: str
    inputs: np.ndarray
    border: int
    kernel: np.ndarray
    bias: np.ndarray
    outputs: np.ndarray
    is_rectified: bool

    def products(self, row: int, column: int, feature_map: int) -> np.ndarray:
        """Input times weight at each place of the receptive field of a unit, float32 (rows, columns, channels)."""
        height, width = self.kernel.shape[:2]
        return self.inputs[row : row + height, column : column + width] * self.kernel[..., feature_map]

    def most_like_an_edge(self) -> int:
        """Of the filters that respond to the image at least a fifth as strongly as the best (one whose weights are all
        positive does so most), the one whose weights are positive on one side and negative on the other."""
        weights = self.kernel.mean(2)
        sizes = np.abs(weights).sum((0, 1)) + np.finfo(np.float32).tiny
        rows, columns = (np.sign(np.arange(size) - (size - 1) / 2) for size in weights.shape[:2])
        across = np.hypot(np.einsum("i,ijm->m", rows, weights), np.einsum("j,ijm->m", columns, weights)) / sizes
        scores = across * (1 - np.abs(weights.sum((0, 1))) / sizes)
        strongest = self.outputs.max((0, 1))
        return int(np.where(strongest >= strongest.max() / 5, scores, -1).argmax())

    def value(self, row: int, column: int, feature_map: int) -> float:
        """The output of a unit, from the sum of these products and the bias."""
        total = float(self.products(row, column, feature_map).sum() + self.bias[feature_map])
        return max(0.0, total) if self.is_rectified else total


def of_image(run: Run, pixels: np.ndarray) -> FirstConvolution | None:
    """The first convolution for one uint8 image (height, width, channels); None if the model has none that can be
    spelled out: it must follow the scaling of the pixels, move in steps of 1, and have no non-linearity but ReLU.

    Raises:
        RunError: the activations of the run are missing or damaged, or the image has another size.
    """
    stored = neighbours.held_out_features(run)
    if stored.kernel is None or stored.bias is None:
        return None
    model = load_activation_model(run)
    kinds = list(model.kinds.items())
    if len(kinds) < 2 or [kind for _, kind in kinds[:2]] != ["Rescaling", "Conv2D"]:
        return None
    (before, _), (layer, _) = kinds[:2]
    values = model.activations(pixels[None]).layers
    inputs, outputs = values[before][0], values[layer][0]
    kernel, bias = stored.kernel, stored.bias
    if kernel.ndim != 4 or kernel.shape[2:] != (inputs.shape[-1], outputs.shape[-1]) or bias.shape != kernel.shape[3:]:
        raise RunError("The stored weights of this run do not match its model. Compute the activations again.")
    border = 0
    if outputs.shape[:2] == inputs.shape[:2]:
        height, width = kernel.shape[:2]
        border = (height - 1) // 2
        inputs = np.pad(inputs, ((border, height - 1 - border), ((width - 1) // 2, width // 2), (0, 0)))
    sums = _sums(inputs, kernel) + bias
    if sums.shape != outputs.shape:
        return None
    for is_rectified in (False, True):
        expected = np.maximum(sums, 0) if is_rectified else sums
        if np.abs(expected - outputs).max() <= TOLERANCE * max(1.0, float(np.abs(outputs).max())):
            return FirstConvolution(layer, inputs, border, kernel, bias, outputs, is_rectified)
    return None


def _sums(inputs: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The weighted sums at all places, float32 (height, width, maps)."""
    windows = np.lib.stride_tricks.sliding_window_view(inputs, kernel.shape[:2], axis=(0, 1))
    return np.einsum("yxcij,ijcm->yxm", windows, kernel)
