"""The second exported graph of a model, `inside.tflite`: the activations of every layer, for pages without TensorFlow.

A Grad-CAM heat map needs the gradient of a prediction with respect to the feature maps of a late layer, and LiteRT
cannot compute gradients. Gradient times activation, summed over the channels of one position, is the derivative of the
prediction with respect to a gain applied at that position. So the graph has a second input, a gain for each position of
one layer (the seam), and pages compute the gradient by finite differences.
"""

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from imgcls.inference import model_files
from imgcls.inference.activations import VERSION, ActivationModel

MAX_PARAMETERS = 6_000_000
"""Larger models would take twice the disk space, so this graph is omitted, and pages say so."""
MAX_DIFFERENCE = 2e-2
"""The largest difference allowed between two probabilities. The weights are stored in float16."""
HIDDEN = ("Dropout", "InputLayer", "ZeroPadding2D")
EVIDENCE = ("Activation", "ReLU", "Add", "MaxPooling2D", "AveragePooling2D")
"""Layers whose output is evidence for later layers, not a sum before its non-linearity."""


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer: its full name, the layer, and its symbolic inputs and output."""

    name: str
    layer: Any
    inputs: tuple
    output: Any

    @property
    def kind(self) -> str:
        return type(self.layer).__name__


def export(model: keras.Model, path: Path, images: np.ndarray) -> dict[str, Any]:
    """Writes the graph, loads it again and compares its predictions for uint8 images (n, height, width, channels).

    Returns:
        What `ActivationModel` needs to know besides, for `inside.json`.

    Raises:
        RuntimeError: the probabilities differ by more than `MAX_DIFFERENCE`.
    """
    network, is_mirrored = without_test_time_augmentation(model)
    calls = layer_calls(network)
    seam = seam_of(calls)
    last = next(entry for entry in reversed(calls) if entry.kind == "Dense")
    shown = {f"l{number:03d}": entry for number, entry in enumerate(calls) if entry.kind not in HIDDEN}
    keys = {entry.name: key for key, entry in shown.items()}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, *network.input_shape[1:]], tf.uint8, name="pictures"),
            tf.TensorSpec([None, None, None, 1], tf.float32, name="gains"),
        ]
    )
    def graph(images, gains):
        outputs: dict[str, Any] = {}

        def call(name: str, layer: Any, given: tuple, named: dict) -> Any:
            output = layer(*given, **named)
            if name == last.name:
                outputs["features"] = given[0]
            if seam is not None and name == seam.name:
                output = output * gains
            if name in keys:
                outputs[keys[name]] = output
            if name == calls[-1].name and layer is not last.layer:
                outputs["logits"] = given[0]
            return output

        outputs["probabilities"] = _through(network, images, call)
        outputs.setdefault("logits", outputs["probabilities"])
        if seam is None:  # the converter would remove an unused input
            outputs["logits"] = outputs["logits"] + 0.0 * tf.reduce_sum(gains)
        return {name: tf.identity(value) for name, value in outputs.items()}

    converter = tf.lite.TFLiteConverter.from_concrete_functions([_frozen(graph)], tf.Module())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    with contextlib.redirect_stdout(sys.stderr):  # the converter prints progress
        path.write_bytes(converter.convert())
    about = {
        "version": VERSION,
        "mirrored": is_mirrored,
        "layers": [
            {"key": key, "name": entry.name, "kind": entry.kind, "shape": list(entry.output.shape[1:])}
            for key, entry in shown.items()
        ],
        "seam": None if seam is None else {"layer": seam.name, "shape": list(seam.output.shape[1:])},
    }
    probabilities = ActivationModel(path, about).activations(images).probabilities
    difference = float(np.abs(probabilities - model.predict_on_batch(images)).max())
    if not difference <= MAX_DIFFERENCE:
        raise RuntimeError(
            f"The exported activations differ from Keras: by {difference:.4f} in probability for {len(images)} images."
        )
    return about | {"largest_difference": difference, "sha256": model_files.digest_of(path.read_bytes())}


def _frozen(graph):
    """The function with its weights as constants and the same output names. The converter would keep variables."""
    known = graph.get_concrete_function()
    frozen = convert_variables_to_constants_v2(known)
    names = sorted(known.structured_outputs)

    def call(images, gains):
        return dict(zip(names, frozen(images, gains), strict=True))

    return tf.function(call, input_signature=graph.input_signature).get_concrete_function()


def without_test_time_augmentation(model: keras.Model) -> tuple[keras.Model, bool]:
    """The network itself, and whether `model` applies it twice, to an image and its mirror image."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name != "base"]
    return (inner[0], True) if inner else (model, False)


def features_of(model: keras.Model) -> keras.Model:
    """A model from uint8 images to the input of the last dense layer, float32 (n, features)."""
    network, is_mirrored = without_test_time_augmentation(model)
    inputs_of_dense: list[Any] = []

    def call(name: str, layer: Any, given: tuple, named: dict) -> Any:
        if isinstance(layer, keras.layers.Dense):
            inputs_of_dense.append(given[0])
        return layer(*given, **named)

    def features(images):
        _through(network, images, call)
        return inputs_of_dense[-1]

    inputs = keras.Input(network.input_shape[1:], dtype="uint8")
    straight = features(inputs)
    if not is_mirrored:
        return keras.Model(inputs, straight)
    return keras.Model(inputs, keras.layers.Average()([straight, features(keras.ops.flip(inputs, axis=2))]))


def filters_of(model: keras.Model, most: int = 64) -> np.ndarray | None:
    """The filters of the first layer, float16 (height, width, channels, n), sorted by decreasing norm.

    Those of the first convolution, or of a dense layer connected to all pixels; None if there are none.
    """
    network, _ = without_test_time_augmentation(model)
    for entry in layer_calls(network):
        if entry.kind == "Conv2D":
            kernel = entry.layer.get_weights()[0]
        elif entry.kind == "Dense":
            kernel, shape = entry.layer.get_weights()[0], network.input_shape[1:]
            if len(kernel) != np.prod(shape):
                return None
            kernel = kernel.reshape(*shape, -1)
        else:
            continue
        strength = np.square(kernel).sum((0, 1, 2))
        return kernel[..., np.argsort(-strength, kind="stable")[:most]].astype(np.float16)
    return None


def first_convolution_of(model: keras.Model) -> tuple[np.ndarray, np.ndarray] | None:
    """The weights of the first convolution, float32 (height, width, channels, n), and its biases (n,), in the order of
    its feature maps; None if the first layer with weights is another."""
    network, _ = without_test_time_augmentation(model)
    for entry in layer_calls(network):
        if entry.kind == "Conv2D":
            kernel, *bias = entry.layer.get_weights()
            return kernel, bias[0] if bias else np.zeros(kernel.shape[-1], np.float32)
        if entry.layer.weights:
            return None
    return None


def layer_calls(network: keras.Model) -> list[LayerCall]:
    """All layer calls in order, including those of nested networks."""
    calls: list[LayerCall] = []

    def call(name: str, layer: Any, given: tuple, named: dict) -> Any:
        output = layer(*given, **named)
        calls.append(LayerCall(name, layer, tuple(keras.tree.flatten(given)), output))
        return output

    _through(network, keras.Input(network.input_shape[1:], dtype="uint8"), call)
    return calls


def seam_of(calls: list[LayerCall]) -> LayerCall | None:
    """The last layer with feature maps that everything passes through; None for a network without feature maps."""
    possible = [entry for index, entry in enumerate(calls) if _has_maps(entry) and _is_bottleneck(calls, index)]
    return possible[-1] if possible else None


def _has_maps(entry: LayerCall) -> bool:
    if len(entry.output.shape) != 4:
        return False
    activation = getattr(entry.layer, "activation", None)
    return entry.kind in EVIDENCE or (entry.kind == "Conv2D" and activation is not keras.activations.linear)


def _is_bottleneck(calls: list[LayerCall], index: int) -> bool:
    """Whether all later layers depend on the image through this layer alone, and a convolution came before it."""
    if not any("Conv2D" in entry.kind for entry in calls[: index + 1]):
        return False
    known = {id(entry.output) for entry in calls[index:]}
    return all(id(given) in known for entry in calls[index + 1 :] for given in entry.inputs)


def _through(network: keras.Model, images: Any, call: Callable[[str, Any, tuple, dict], Any], above: str = "") -> Any:
    """Applies a network layer by layer with `call(name, layer, positional arguments, keyword arguments)`."""

    def operation(layer: Any) -> Callable:
        if isinstance(layer, keras.Model):
            return lambda given, **named: _through(layer, given, call, f"{above}{layer.name}/")
        return lambda *given, **named: call(above + layer.name, layer, given, named)

    return network._run_through_graph(images, operation_fn=operation)
