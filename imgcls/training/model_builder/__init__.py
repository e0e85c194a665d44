"""Builds the Keras model of a run from its settings."""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.system import hardware
from imgcls.training.model_builder import backbone, fast_layers

MOST_TO_BEGIN = 2000
"""Training pictures that a family may look at for its first weights."""


def build(
    config: Config,
    shape: tuple[int, int, int],
    num_classes: int,
    images: np.ndarray,
    precision: str = "float32",
    is_multilabel: bool = False,
    *,
    learns: bool = False,
) -> keras.Model:
    """A model from raw uint8 pictures (n, height, width, channels) to probabilities (n, classes).

    They sum to 1, or where a picture may have `several` labels, each stands on its own.

    Scaling is its first layer, so training and serving cannot differ. `pictures` are training pictures, from which
    'standardised' takes the mean and deviation of each channel. With the precision 'bfloat16' layers compute in 16
    bits; weights have 32 in any case. A model that `learns` has layers of `imgcls.training.model_builder.fast_layers` and is not to be
    saved: its weights fit into one that does not, which gives the same answers.

    A family that stands on a trained network takes the pixels as that network wants them.

    Raises:
        WeightsError, SettingError: that network is not here, or cannot be used.
    """
    if models.has_backbone(config.model):
        base = backbone.built(config.model_settings, shape)
        return joined(config, base, head(config, base.output_shape[-1], num_classes, is_multilabel))
    with _policy("mixed_bfloat16" if precision == "bfloat16" else "float32"):
        inputs = keras.Input(shape, dtype="uint8", name="pictures")
        scaled = _normalisation(config.normalisation, images)(inputs)
        layers = fast_layers if learns else keras.layers
        logits = models.family(config.model).classify(layers, scaled, num_classes, **config.model_settings)
        probabilities = _predictions(is_multilabel)(logits)
    model = keras.Model(inputs, probabilities, name=config.model)
    begin = getattr(models.family(config.model), "begin", None)
    if begin is not None:
        scale = model.get_layer("normalise")
        begin(model, np.asarray(scale(images[:MOST_TO_BEGIN].astype(np.float32))))
    return model


def _predictions(is_multilabel: bool) -> keras.layers.Layer:
    """From logits to probabilities: those of classes that exclude each other, or of each label alone."""
    if is_multilabel:
        return keras.layers.Activation("sigmoid", name="probabilities", dtype="float32")
    return keras.layers.Softmax(name="probabilities", dtype="float32")


def head(config: Config, features: int, num_classes: int, is_multilabel: bool = False) -> keras.Model:
    """What learns on top of a trained network: float32 features (n, features) to probabilities (n, classes)."""
    inputs = keras.Input((features,), dtype="float32", name="features")
    logits = models.family(config.model).classify(keras.layers, inputs, num_classes, **config.model_settings)
    return keras.Model(inputs, _predictions(is_multilabel)(logits), name="head")


def joined(config: Config, base: keras.Model, top: keras.Model) -> keras.Model:
    """A trained network and the head on it as one model; it shares the weights of both.

    The base is asked as if it were only judged: its batch normalisation stays still and its dropout off, also where its
    weights learn on.
    """
    base.trainable = False
    inputs = keras.Input(base.input_shape[1:], dtype="uint8", name="pictures")
    x = base(inputs, training=False)
    for layer in top.layers[1:]:
        x = layer(x)
    return keras.Model(inputs, x, name=config.model)


def answering(config: Config, model: keras.Model) -> keras.Model:
    """The model as it answers when it is trained: with mirrored answers, the mean of those to a picture and its mirror
    image (Krizhevsky, Sutskever and Hinton 2012). It shares its weights with `model`."""
    if not config.test_time_augmentation:
        return model
    inputs = keras.Input(model.input_shape[1:], dtype="uint8", name="pictures")
    both = [model(inputs), model(keras.ops.flip(inputs, axis=2))]
    return keras.Model(inputs, keras.layers.Average(name="both_ways")(both), name=config.model)


def precision_of(config: Config) -> str:
    """'float32' or 'bfloat16': what the settings ask for, and for 'auto' what pays here."""
    if models.has_backbone(config.model):
        return "float32"  # what was trained in 32 bits is asked in 32 bits
    if config.precision != "auto":
        return config.precision
    pays = getattr(models.family(config.model), "DEEP", False) and hardware.has_bfloat16()
    return "bfloat16" if pays else "float32"


@contextlib.contextmanager
def _policy(name: str) -> Iterator[None]:
    """Layers that are made within compute like this."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _normalisation(name: str, images: np.ndarray) -> keras.layers.Layer:
    if name == "0 to 1":
        return keras.layers.Rescaling(1 / 255, name="normalise", dtype="float32")
    if name == "-1 to 1":
        return keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="normalise", dtype="float32")
    sample = images.astype(np.float32)
    mean, deviation = sample.mean((0, 1, 2)), sample.std((0, 1, 2)) + 1e-3
    # One factor and offset for each channel say the same as keras.layers.Normalization and need no weights.
    return keras.layers.Rescaling(
        (1 / deviation).tolist(), offset=(-mean / deviation).tolist(), name="normalise", dtype="float32"
    )


def logits_of(model: keras.Model) -> keras.Model:
    """The same model without its softmax or sigmoid: losses are computed from logits, which is stable."""
    # By the way that leads to this model's output: a head has another one, from features.
    last = model.outputs[0]._keras_history
    return keras.Model(model.inputs, last.operation._inbound_nodes[last.node_index].input_tensors[0])
