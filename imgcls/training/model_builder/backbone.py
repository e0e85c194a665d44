"""Backbones as Keras models: raw pixels in, one row of features a picture out, preprocessing included."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from imgcls.errors import SettingError, WeightsError
from imgcls.models import backbones, weights
from imgcls.models.backbones import Network
from imgcls.runs import as_backbone

IMAGENET_MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red: what VGG16 and ResNet50 were taught to expect taken off (Simonyan and Zisserman 2014)."""
SAID_BY_KERAS = (ValueError, KeyError, TypeError, OSError, RuntimeError, AttributeError)
"""What Keras raises for a file of another network, or for one that is damaged in its middle."""
BLOCK = re.compile(r"stage\d+_block\d+|conv\d_block\d+|block_\d+|block\d+[a-z]?|conv_(?:dw|pw)_(\d+)")
"""Layers of one block carry its name in front: 'block5_', 'conv5_block3_', 'block_16_', 'block6h_', 'conv_dw_13'."""


def built(settings: Mapping[str, Any], shape: tuple[int, int, int]) -> keras.Model:
    """The base that the settings of `transfer` ask for: uint8 (n, height, width, channels) to float32 (n, features).

    Raises:
        WeightsError: its weights are not here, or cannot be used.
        SettingError: the run that is to be the base cannot be one.
    """
    if settings["backbone"] == backbones.RUN:
        return of_run(settings, shape)
    chosen = backbones.NETWORKS[settings["backbone"]]
    return network(chosen, settings["input_size"], shape, weights.needed(chosen))


def digest(settings: Mapping[str, Any]) -> str:
    """What tells this base from every other: a digest of the file that its weights are in.

    Raises:
        WeightsError, SettingError: as `built`.
    """
    if settings["backbone"] == backbones.RUN:
        path = as_backbone.run_of(settings).folder / "model.keras"
    else:
        path = weights.needed(backbones.NETWORKS[settings["backbone"]])
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def network(chosen: Network, size: int, shape: tuple[int, int, int], path: Path) -> keras.Model:
    """A network of keras.applications for pictures of any shape, brought to `size` x `size`, three channels.

    Raises:
        WeightsError: the file holds other weights.
    """
    pixels = keras.Input(shape, dtype="uint8", name="pixels")
    x = layers.Rescaling(1.0, name="as_numbers")(pixels)
    if shape[-1] != 3:
        grey = x if shape[-1] == 1 else ops.mean(x, axis=-1, keepdims=True)
        x = layers.Concatenate(name="three_channels")([grey] * 3)
    if tuple(shape[:2]) != (size, size):
        x = layers.Resizing(size, size, name="resized")(x)
    found = applied(chosen.title, x)
    model = keras.Model(pixels, found, name="base")
    try:
        model.load_weights(path)
    except SAID_BY_KERAS as error:
        raise WeightsError(
            f"The file {path.name} holds weights of another network than {chosen.title}, or is damaged. Delete it, or "
            "fetch it again."
        ) from error
    return model


def applied(title: str, x):
    """The network with its own preprocessing on top of pixels from 0 to 255."""
    common = {"include_top": False, "weights": None, "pooling": "avg"}
    nets = keras.applications
    if title == "EfficientNetV2-B0":  # brings its preprocessing along
        return nets.EfficientNetV2B0(input_tensor=x, **common).output
    if title in ("ResNet50", "VGG16"):
        x = layers.Rescaling(1.0, offset=[-mean for mean in IMAGENET_MEAN], name="preprocess")(ops.flip(x, axis=-1))
        return (nets.ResNet50 if title == "ResNet50" else nets.VGG16)(input_tensor=x, **common).output
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="preprocess")(x)
    if title == "MobileNetV2":
        return nets.MobileNetV2(input_tensor=x, **common).output
    return nets.MobileNet(alpha=0.25, input_tensor=x, **common).output


def of_run(settings: Mapping[str, Any], shape: tuple[int, int, int]) -> keras.Model:
    """The network of a finished run without its last dense layer; pictures are brought to the size that it knows.

    Raises:
        SettingError: there is no such run, or its file cannot be read.
    """
    run = as_backbone.run_of(settings)
    try:
        model = keras.models.load_model(run.folder / "model.keras", compile=False, safe_mode=True)
    except SAID_BY_KERAS as error:
        raise SettingError(
            f"The model of the run '{run.label}' cannot be read, so it cannot be a base. Pick another run."
        ) from error
    # With mirrored answers the network stands within one that asks it twice.
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name != "base"]
    model = inner[0] if inner else model
    last = [layer for layer in model.layers if isinstance(layer, layers.Dense)][-1]
    trunk = keras.Model(model.inputs, last.input, name="trunk")
    height, width, channels = trunk.input_shape[1:]
    pixels = x = keras.Input(shape, dtype="uint8", name="pixels")
    if tuple(shape) != (height, width, channels):
        x = layers.Rescaling(1.0, name="as_numbers")(x)
        if shape[-1] != channels:
            x = ops.mean(x, axis=-1, keepdims=True)
            x = x if channels == 1 else layers.Concatenate(name="channels")([x] * channels)
        if shape[:2] != (height, width):
            x = layers.Resizing(height, width, name="resized")(x)
        x = ops.cast(ops.clip(ops.round(x), 0, 255), "uint8")
    return keras.Model(pixels, trunk(x), name="base")


def unfreeze(base: keras.Model, blocks: int) -> list[str]:
    """Lets the last `blocks` blocks learn, all but batch normalisation, and returns their names, the first one first.

    Batch normalisation keeps its means, its scales and its offsets: a few small batches would spoil what millions of
    pictures made (keras.io, "Transfer learning and fine-tuning").
    """
    base.trainable = True
    leaves = list(_leaves(base))
    for layer in leaves:
        layer.trainable = False
    named = [(layer, block_of(layer.name)) for layer in leaves if layer.weights and not _normalises(layer)]
    wanted = list(dict.fromkeys(name for _, name in reversed(named)))[:blocks]
    for layer, name in named:
        layer.trainable = name in wanted
    return wanted[::-1]


def block_of(layer: str) -> str:
    """The block that a layer belongs to, by its name; a layer apart is a block of its own."""
    found = BLOCK.match(layer)
    if not found:
        return layer
    return f"block {found[1]}" if found[1] else found[0]


def _leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer


def _normalises(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, layers.BatchNormalization | layers.LayerNormalization | layers.Normalization)


def batch_size(settings: Mapping[str, Any]) -> int:
    """Pictures that go through the base at once when nothing is learnt: fewer large ones, so that memory holds them."""
    if settings["backbone"] == backbones.RUN:
        return 128
    work = backbones.NETWORKS[settings["backbone"]].multiply_adds * (settings["input_size"] / 224) ** 2
    return int(2 ** np.clip(np.round(np.log2(40_000 / max(work, 1))), 4, 7))
