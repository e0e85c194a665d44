"""The second exported graph of a model, `inside.tflite`: what every layer said, for pages that have no TensorFlow.

A heat map wants the gradient of an answer with respect to the maps of a late layer, and LiteRT cannot run a gradient.
Gradient times value, summed over the maps of one place, is what the answer gains when all that was said there is made a
little stronger. So the graph has a second input, a gain for each place of one layer, the seam: the rest of the network
then says by differences what a gradient would.
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

from imgcls.inference.activations import VERSION, ActivationModel

MOST_PARAMETERS = 6_000_000
"""A larger model would lie on the disk twice: its inside is left out, and pages say so."""
MOST_DIFFERENCE = 2e-2
"""Weights are kept in 16 bits: answers may differ by so much, and no more."""
UNSEEN = ("Dropout", "InputLayer", "ZeroPadding2D")
BENT = ("Activation", "ReLU", "Add", "MaxPooling2D", "AveragePooling2D")
"""Layers whose maps are what the next layers get: evidence, not a sum on its way to a bend."""


@dataclass(frozen=True)
class Said:
    """One layer as it was asked: its name below the whole model, the layer, and its symbolic inputs and output."""

    name: str
    layer: Any
    inputs: tuple
    output: Any

    @property
    def kind(self) -> str:
        return type(self.layer).__name__


def export(model: keras.Model, path: Path, images: np.ndarray) -> dict[str, Any]:
    """Writes the graph, loads it again and compares its answers on some uint8 pictures (n, height, width, channels).

    Returns:
        What `ActivationModel` has to know besides, for `inside.json`.

    Raises:
        RuntimeError: the answers differ by more than `MOST_DIFFERENCE`.
    """
    network, is_mirrored = one_way(model)
    said = walked(network)
    seam = seam_of(said)
    last = next(entry for entry in reversed(said) if entry.kind == "Dense")
    shown = {f"l{number:03d}": entry for number, entry in enumerate(said) if entry.kind not in UNSEEN}
    keys = {entry.name: key for key, entry in shown.items()}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, *network.input_shape[1:]], tf.uint8, name="pictures"),
            tf.TensorSpec([None, None, None, 1], tf.float32, name="gains"),
        ]
    )
    def look(images, gains):
        found: dict[str, Any] = {}

        def call(name: str, layer: Any, given: tuple, named: dict) -> Any:
            answer = layer(*given, **named)
            if name == last.name:
                found["features"] = given[0]
            if seam is not None and name == seam.name:
                answer = answer * gains
            if name in keys:
                found[keys[name]] = answer
            if name == said[-1].name and layer is not last.layer:
                found["logits"] = given[0]
            return answer

        found["probabilities"] = _through(network, images, call)
        found.setdefault("logits", found["probabilities"])
        if seam is None:  # an input that nobody reads is left out by the converter
            found["logits"] = found["logits"] + 0.0 * tf.reduce_sum(gains)
        return {name: tf.identity(value) for name, value in found.items()}

    converter = tf.lite.TFLiteConverter.from_concrete_functions([_frozen(look)], tf.Module())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    with contextlib.redirect_stdout(sys.stderr):  # the converter tells its life
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
    found = ActivationModel(path, about).activations(images).probabilities
    difference = float(np.abs(found - model.predict_on_batch(images)).max())
    if not difference <= MOST_DIFFERENCE:
        raise RuntimeError(f"The inside answers differently: by {difference:.4f} on {len(images)} pictures.")
    return about | {"largest_difference": difference}


def _frozen(look):
    """The function with its weights as constants, under the same names: the converter would leave them variables."""
    known = look.get_concrete_function()
    frozen = convert_variables_to_constants_v2(known)
    names = sorted(known.structured_outputs)

    def asked(images, gains):
        return dict(zip(names, frozen(images, gains), strict=True))

    return tf.function(asked, input_signature=look.input_signature).get_concrete_function()


def one_way(model: keras.Model) -> tuple[keras.Model, bool]:
    """The network itself, and whether `model` asks it twice, for a picture and its mirror image."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name != "base"]
    return (inner[0], True) if inner else (model, False)


def features_of(model: keras.Model) -> keras.Model:
    """From uint8 pictures to what the last dense layer is given: float32 (n, features)."""
    network, is_mirrored = one_way(model)
    found: list = []

    def call(name: str, layer: Any, given: tuple, named: dict) -> Any:
        if isinstance(layer, keras.layers.Dense):
            found.append(given[0])
        return layer(*given, **named)

    def seen(images):
        _through(network, images, call)
        return found[-1]

    inputs = keras.Input(network.input_shape[1:], dtype="uint8")
    straight = seen(inputs)
    if not is_mirrored:
        return keras.Model(inputs, straight)
    return keras.Model(inputs, keras.layers.Average()([straight, seen(keras.ops.flip(inputs, axis=2))]))


def filters_of(model: keras.Model, most: int = 64) -> np.ndarray | None:
    """The patterns that the first layer looks for, float16 (height, width, channels, n), the largest first.

    Those of the first convolution, or of a dense layer that sees all pixels; None where there are none to see.
    """
    network, _ = one_way(model)
    for entry in walked(network):
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


def walked(network: keras.Model) -> list[Said]:
    """All layers in the order in which they are asked, those of networks within it too."""
    said: list[Said] = []

    def call(name: str, layer: Any, given: tuple, named: dict) -> Any:
        answer = layer(*given, **named)
        said.append(Said(name, layer, tuple(keras.tree.flatten(given)), answer))
        return answer

    _through(network, keras.Input(network.input_shape[1:], dtype="uint8"), call)
    return said


def seam_of(said: list[Said]) -> Said | None:
    """The last layer with maps through which everything goes; None for a network without maps."""
    possible = [entry for place, entry in enumerate(said) if _has_maps(entry) and _is_narrow(said, place)]
    return possible[-1] if possible else None


def _has_maps(entry: Said) -> bool:
    if len(entry.output.shape) != 4:
        return False
    bend = getattr(entry.layer, "activation", None)
    return entry.kind in BENT or (entry.kind == "Conv2D" and bend is not keras.activations.linear)


def _is_narrow(said: list[Said], place: int) -> bool:
    """Whether all that follows hears of the picture through this layer alone, and a convolution came before."""
    if not any("Conv2D" in entry.kind for entry in said[: place + 1]):
        return False
    known = {id(entry.output) for entry in said[place:]}
    return all(id(given) in known for entry in said[place + 1 :] for given in entry.inputs)


def _through(network: keras.Model, images: Any, call: Callable[[str, Any, tuple, dict], Any], above: str = "") -> Any:
    """Sends pictures through a network layer by layer: `call(name, layer, given, named)` asks each one."""

    def asked(layer: Any) -> Callable:
        if isinstance(layer, keras.Model):
            return lambda given, **named: _through(layer, given, call, f"{above}{layer.name}/")
        return lambda *given, **named: call(above + layer.name, layer, given, named)

    return network._run_through_graph(images, operation_fn=asked)
