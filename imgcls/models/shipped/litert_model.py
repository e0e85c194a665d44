"""Writes a shipped network as a LiteRT model, without TensorFlow: its converter would take seconds and 700 MB.

Batch normalisation is folded into the convolution before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.models.shipped.litert_graph import Graph
from imgcls.models.shipped.networks import EPSILON, NORMALISATION, PLANS, Convolution, weights_of

CHANNELS = (1, 3)
"""Of the images that `classifier` takes."""


@dataclass(frozen=True, eq=False)
class Head:
    """Dense layers on top of the features: kernels (inputs, units) and biases (units,), with a ReLU between them.

    The last one gives logits; their softmax or, for a multi-label model, their sigmoid gives the probabilities.
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    is_multilabel: bool

    @classmethod
    def of_weights(cls, weights: Sequence[np.ndarray], epsilon: float, *, is_multilabel: bool) -> "Head":
        """From the weights that Keras gives: mean and variance, by which the features are standardised, then kernel
        and bias of each layer. The standardisation becomes part of the first; `epsilon` is added to the variance."""
        mean, variance, kernel, bias, *others = weights
        scale = 1 / np.sqrt(variance + epsilon)
        first = kernel * scale[:, None], bias - (mean * scale) @ kernel
        return cls((first, *zip(others[::2], others[1::2], strict=True)), is_multilabel)

    @property
    def arrays(self) -> list[np.ndarray]:
        """The arrays as they are in the file."""
        return [np.ascontiguousarray(array, "<f4") for kernel, bias in self.layers for array in (kernel.T, bias)]


def extractor(title: str, size: int) -> bytes:
    """The network for images of `size`×`size` pixels, as the content of a .tflite file.

    It takes float32 images (n, size, size, 3), scaled as in `Plan`, and returns float32 features (n, features).

    Raises:
        WeightsError: its weights are missing or damaged.
    """
    graph = Graph()
    images = graph.tensor("images", (1, size, size, 3), is_batch=True)
    features = _network(graph, title, weights_of(title), images, size)
    return graph.finished(title, images, features)


def classifier(
    title: str, size: int, shape: tuple[int, int, int], weights: Mapping[str, np.ndarray], head: Head
) -> bytes:
    """The network with a head, as the content of a .tflite file.

    It takes uint8 images (n, height, width, channels), resizes them to `size`×`size` pixels and returns float32
    probabilities (n, classes).

    Args:
        shape: Height, width and channels, 1 or 3, of an image.
        weights: Those of the network, named as by `weights_of`.
    """
    graph = Graph()
    images = graph.tensor("images", (1, *shape), is_batch=True, kind="UINT8")
    x = graph.operator("CAST", [images], "pixels", shape, "CastOptions", inDataType="UINT8", outDataType="FLOAT32")
    if shape[-1] == 1:
        x = graph.operator("CONCATENATION", [x] * 3, "three_channels", (*shape[:2], 3), "ConcatenationOptions", axis=3)
    if shape[:2] != (size, size):
        side = graph.constant("size", np.array([size, size], np.int32))
        x = graph.operator(
            "RESIZE_BILINEAR", [x, side], "resized", (size, size, 3), "ResizeBilinearOptions", halfPixelCenters=True
        )
    scale, offset = (np.array([value], np.float32) for value in (PLANS[title].scale, PLANS[title].offset))
    x = graph.operator("MUL", [x, graph.constant("scale", scale)], "scaled", (size, size, 3), "MulOptions")
    x = graph.operator("ADD", [x, graph.constant("offset", offset)], "preprocess", (size, size, 3), "AddOptions")
    x = _network(graph, title, weights, x, size)
    for number, (kernel, bias) in enumerate(head.layers, 1):
        is_last = number == len(head.layers)
        parts = [graph.constant(f"kernel_{number}", kernel.T), graph.constant(f"bias_{number}", bias)]
        options = {"fusedActivationFunction": "NONE" if is_last else "RELU"}
        name = "logits" if is_last else f"head_{number}"
        x = graph.operator("FULLY_CONNECTED", [x, *parts], name, bias.shape, "FullyConnectedOptions", **options)
    classes = head.layers[-1][1].shape
    if head.is_multilabel:
        probabilities = graph.operator("LOGISTIC", [x], "probabilities", classes)
    else:
        probabilities = graph.operator("SOFTMAX", [x], "probabilities", classes, "SoftmaxOptions", beta=1.0)
    return graph.finished(title, images, probabilities)


def folded(layer: Convolution, weights: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Kernel, in Keras's order of axes, and bias of a convolution with its batch normalisation folded in."""
    gamma, beta, mean, variance = (weights[f"{layer.normalisation}.{part}"] for part in NORMALISATION)
    scale = gamma / np.sqrt(variance + EPSILON)
    kernel = weights[f"{layer.name}.kernel"]
    return kernel * (scale[:, None] if layer.is_depthwise else scale), beta - mean * scale


def _network(graph: Graph, title: str, weights: Mapping[str, np.ndarray], x: int, size: int) -> int:
    """Adds the network, applied to the tensor `x`; returns its features."""
    plan, outputs = PLANS[title], dict[str, int]()
    for layer in plan.convolutions:
        kernel, bias = folded(layer, weights)
        size = -(-size // layer.stride)
        # From Keras's (height, width, inputs, filters); a depthwise kernel becomes (1, height, width, inputs).
        parts = [graph.constant(f"{layer.name}.kernel", kernel.transpose(3, 0, 1, 2))]
        parts.append(graph.constant(f"{layer.name}.bias", bias))
        options = {
            "padding": "SAME",
            "strideW": layer.stride,
            "strideH": layer.stride,
            "fusedActivationFunction": "RELU6" if layer.is_activated else "NONE",
        }
        shape = (size, size, layer.filters)
        if layer.is_depthwise:
            code, kind = "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"
            options["depthMultiplier"] = 1
        else:
            code, kind = "CONV_2D", "Conv2DOptions"
        x = graph.operator(code, [x, *parts], layer.name, shape, kind, **options)
        if layer.adds:
            x = graph.operator("ADD", [outputs[layer.adds], x], f"{layer.name}_add", shape, "AddOptions")
        outputs[layer.name] = x
    axes = graph.constant("axes", np.array([1, 2], np.int32))
    return graph.operator("MEAN", [x, axes], "features", (plan.features,), "ReducerOptions", keepDims=False)
