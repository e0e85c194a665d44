"""Backbones as Keras models, including their preprocessing: raw pixels in, one row of features per image out."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
from keras import layers, ops

from imgcls.errors import SettingError, WeightsError
from imgcls.models import backbones, weights
from imgcls.models.backbones import Network
from imgcls.runs import backbone_facts
from imgcls.training.model_builder import shipped_network

IMAGENET_MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red: subtracted from the pixels for VGG16 and ResNet50 (Simonyan and Zisserman 2014)."""
KERAS_LOAD_ERRORS = (ValueError, KeyError, TypeError, OSError, RuntimeError, AttributeError)
"""What Keras raises for a file with the weights of another network, or for a damaged one."""
BLOCK = re.compile(r"stage\d+_block\d+|conv\d_block\d+|block_\d+|block\d+[a-z]?|conv_(?:dw|pw)_(\d+)")
"""Layer names start with the name of the block: 'block5_', 'conv5_block3_', 'block_16_', 'block6h_', 'conv_dw_13'."""


def build(settings: Mapping[str, Any], shape: tuple[int, int, int]) -> keras.Model:
    """The backbone in the settings of `transfer`: uint8 (n, height, width, channels) to float32 (n, features).

    Raises:
        WeightsError: its weights are missing or damaged.
        SettingError: the selected run cannot be a backbone.
    """
    if settings["backbone"] == backbones.RUN:
        return from_run(settings, shape)
    network = backbones.NETWORKS[settings["backbone"]]
    return pretrained(network, settings["input_size"], shape, weights.needed(network))


def frozen(settings: Mapping[str, Any], shape: tuple[int, int, int]) -> keras.Model:
    """As `build`, for a run that leaves its weights alone: the next run in this process gets the same network."""
    names = ("backbone", "backbone_run", "input_size")
    chosen = tuple((name, settings[name]) for name in names)
    return _frozen(chosen, shape, backbone_facts.digest(settings))


@lru_cache(1)
def _frozen(chosen: tuple[tuple[str, Any], ...], shape: tuple[int, int, int], _digest: str) -> keras.Model:
    return build(dict(chosen), shape)


def pretrained(network: Network, size: int, shape: tuple[int, int, int], path: Path) -> keras.Model:
    """A pretrained network for images of any shape, which it resizes to `size`×`size` with three channels.

    Raises:
        WeightsError: the file holds the weights of another network, or is damaged.
    """
    pixels = keras.Input(shape, dtype="uint8", name="pixels")
    x = layers.Rescaling(1.0, name="to_float")(pixels)
    if shape[-1] != 3:
        grey = x if shape[-1] == 1 else ops.mean(x, axis=-1, keepdims=True)
        x = layers.Concatenate(name="three_channels")([grey] * 3)
    if tuple(shape[:2]) != (size, size):
        x = layers.Resizing(size, size, name="resized")(x)
    model = keras.Model(pixels, with_preprocessing(network.title, x), name="base")
    if network.is_shipped:
        shipped_network.load_weights(network.title, model)
        return model
    try:
        model.load_weights(path)
    except KERAS_LOAD_ERRORS as error:
        raise WeightsError(
            f"The file {path.name} does not hold the weights of {network.title}, or is damaged. Delete it or download "
            "it again."
        ) from error
    return model


def with_preprocessing(title: str, x: Any) -> Any:
    """The network with its own preprocessing, applied to a tensor of pixels from 0 to 255."""
    if backbones.NETWORKS[title].is_shipped:
        return shipped_network.apply(title, x)
    common = {"include_top": False, "weights": None, "pooling": "avg"}
    nets = keras.applications
    if title == "EfficientNetV2-B0":  # includes its preprocessing
        return nets.EfficientNetV2B0(input_tensor=x, **common).output
    if title in ("ResNet50", "VGG16"):
        x = layers.Rescaling(1.0, offset=[-mean for mean in IMAGENET_MEAN], name="preprocess")(ops.flip(x, axis=-1))
        return (nets.ResNet50 if title == "ResNet50" else nets.VGG16)(input_tensor=x, **common).output
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="preprocess")(x)
    return nets.MobileNetV2(input_tensor=x, **common).output


def from_run(settings: Mapping[str, Any], shape: tuple[int, int, int]) -> keras.Model:
    """The network of a finished run without its last dense layer. Images are resized to the size it was trained with.

    Raises:
        SettingError: there is no such run, or its model cannot be read.
    """
    run = backbone_facts.run_of(settings)
    try:
        model = keras.models.load_model(run.folder / "model.keras", compile=False, safe_mode=True)
    except KERAS_LOAD_ERRORS as error:
        raise SettingError(
            f"The model of the run “{run.label}” cannot be read, so it cannot be a backbone. Choose another run."
        ) from error
    # With test-time augmentation the network is nested in a model that applies it twice.
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name != "base"]
    model = inner[0] if inner else model
    last = [layer for layer in model.layers if isinstance(layer, layers.Dense)][-1]
    trunk = keras.Model(model.inputs, last.input, name="trunk")
    height, width, channels = trunk.input_shape[1:]
    pixels = x = keras.Input(shape, dtype="uint8", name="pixels")
    if tuple(shape) != (height, width, channels):
        x = layers.Rescaling(1.0, name="to_float")(x)
        if shape[-1] != channels:
            x = ops.mean(x, axis=-1, keepdims=True)
            x = x if channels == 1 else layers.Concatenate(name="repeat_channel")([x] * channels)
        if shape[:2] != (height, width):
            x = layers.Resizing(height, width, name="resized")(x)
        x = ops.cast(ops.clip(ops.round(x), 0, 255), "uint8")
    return keras.Model(pixels, trunk(x), name="base")


def unfreeze(base: keras.Model, blocks: int) -> list[str]:
    """Makes the last `blocks` blocks trainable, except batch normalisation, and returns their names in order.

    Batch normalisation stays frozen with its statistics, scales and offsets: a few small batches would ruin what was
    learnt from millions of images (keras.io, "Transfer learning and fine-tuning").
    """
    base.trainable = True
    leaves = list(_leaves(base))
    for layer in leaves:
        layer.trainable = False
    named = [(layer, block_of(layer.name)) for layer in leaves if layer.weights and not _normalises(layer)]
    chosen = list(dict.fromkeys(name for _, name in reversed(named)))[:blocks]
    for layer, name in named:
        layer.trainable = name in chosen
    return chosen[::-1]


def block_of(layer: str) -> str:
    """The block that a layer belongs to, from its name. Any other layer is a block of its own."""
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
