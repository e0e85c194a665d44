"""Builds the Keras model of a run from its settings.

backbone.py       pretrained backbones as Keras models
fast_layers.py    Keras layers that train faster on a CPU
"""

import contextlib
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from imgcls import models
from imgcls.config import Config
from imgcls.system import hardware
from imgcls.training.model_builder import backbone, fast_layers

NORMALISATION_IMAGES = 10_000
"""Training images from which 'standardised' computes mean and standard deviation."""


def build(
    config: Config,
    shape: tuple[int, int, int],
    num_classes: int,
    images: np.ndarray,
    precision: str = "float32",
    is_multilabel: bool = False,
    *,
    for_training: bool = False,
) -> keras.Model:
    """A model from raw uint8 images (n, height, width, channels) to probabilities (n, num_classes).

    Pixel scaling is its first layer, so training and inference cannot differ. A family with a backbone uses the
    backbone's own preprocessing instead.

    Args:
        images: Training images; 'standardised' takes the mean and standard deviation of each channel from them.
        precision: With 'bfloat16' the layers compute in 16 bits. The weights are always float32.
        is_multilabel: The probabilities are independent for each label instead of summing to 1.
        for_training: Use the layers in `fast_layers`. Such a model must not be saved: copy its weights to one built
            without them, which gives the same predictions.

    Raises:
        WeightsError, SettingError: the backbone is missing or cannot be used.
    """
    if models.has_backbone(config.model):
        base = backbone.build(config.model_settings, shape)
        return attach_head(config, base, head(config, base.output_shape[-1], num_classes, is_multilabel))
    family = models.family(config.model)
    with _dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32"):
        inputs = keras.Input(shape, dtype="uint8", name="images")
        scaled = _normalisation(config.normalisation, images)(inputs)
        layers = fast_layers if for_training else keras.layers
        logits = family.classify(layers, scaled, num_classes, **config.model_settings)
        probabilities = _probabilities(is_multilabel)(logits)
    model = keras.Model(inputs, probabilities, name=config.model)
    if hasattr(family, "initialise"):
        scale = model.get_layer("normalise")
        family.initialise(model, np.asarray(scale(images[: models.MAX_IMAGES_TO_INITIALISE].astype(np.float32))))
    return model


def _probabilities(is_multilabel: bool) -> keras.layers.Layer:
    """The last layer: from logits to probabilities."""
    if is_multilabel:
        return keras.layers.Activation("sigmoid", name="probabilities", dtype="float32")
    return keras.layers.Softmax(name="probabilities", dtype="float32")


def head(config: Config, features: int, num_classes: int, is_multilabel: bool = False) -> keras.Model:
    """The trainable part on top of a backbone: float32 features (n, features) to probabilities (n, num_classes)."""
    inputs = keras.Input((features,), dtype="float32", name="features")
    logits = models.family(config.model).classify(keras.layers, inputs, num_classes, **config.model_settings)
    return keras.Model(inputs, _probabilities(is_multilabel)(logits), name="head")


def attach_head(config: Config, base: keras.Model, top: keras.Model) -> keras.Model:
    """Backbone and head as one model that shares the weights of both.

    The backbone always runs in inference mode: batch normalisation uses its moving averages and dropout is off, even
    while its weights are fine-tuned.
    """
    base.trainable = False
    inputs = keras.Input(base.input_shape[1:], dtype="uint8", name="images")
    x = base(inputs, training=False)
    for layer in top.layers[1:]:
        x = layer(x)
    return keras.Model(inputs, x, name=config.model)


def with_test_time_augmentation(config: Config, model: keras.Model) -> keras.Model:
    """The model used for inference. It shares its weights with `model`.

    With test-time augmentation it averages the predictions for an image and its mirror image (Krizhevsky, Sutskever
    and Hinton 2012); otherwise it is `model` itself.
    """
    if not config.test_time_augmentation:
        return model
    inputs = keras.Input(model.input_shape[1:], dtype="uint8", name="images")
    both = [model(inputs), model(keras.ops.flip(inputs, axis=2))]
    return keras.Model(inputs, keras.layers.Average(name="average_of_mirror_images")(both), name=config.model)


def precision_of(config: Config) -> str:
    """'float32' or 'bfloat16': the setting, and for 'auto' whatever is faster on this machine."""
    if models.has_backbone(config.model):
        return "float32"  # pretrained in float32
    if config.precision != "auto":
        return config.precision
    is_faster = getattr(models.family(config.model), "DEEP", False) and _has_bfloat16()
    return "bfloat16" if is_faster else "float32"


def _has_bfloat16() -> bool:
    """Whether what trains multiplies bfloat16 numbers: GPUs since Ampere (compute capability 8.0), or else the CPU."""
    if found := tf.config.list_physical_devices("GPU"):
        details = [tf.config.experimental.get_device_details(gpu) for gpu in found]
        return all(one.get("compute_capability", (0, 0)) >= (8, 0) for one in details)
    return hardware.has_bfloat16()


@contextlib.contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    """The dtype policy of all layers that are created inside."""
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
    mean, std = sample.mean((0, 1, 2)), sample.std((0, 1, 2)) + 1e-3
    # One scale and offset per channel are equivalent to keras.layers.Normalization, but need no weights.
    return keras.layers.Rescaling((1 / std).tolist(), offset=(-mean / std).tolist(), name="normalise", dtype="float32")


def logits_of(model: keras.Model) -> keras.Model:
    """The same model without its softmax or sigmoid. Losses are computed from logits for numerical stability."""
    # A head's last layer is shared with the whole model, so it has two nodes: follow the one of this model's output.
    last = model.outputs[0]._keras_history
    return keras.Model(model.inputs, last.operation._inbound_nodes[last.node_index].input_tensors[0])


def predictions_once(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """The model's predictions for one batch, float32 (n, classes).

    Without a graph, unless there is one already: building that of a deep network takes longer than running it once.
    """
    if model.predict_function is None:
        return np.asarray(model(images, training=False))
    return np.asarray(model.predict_on_batch(images))


def first_kernel(model: keras.Model) -> Callable[[], np.ndarray] | None:
    """Gives the present weights of the first convolution, float (rows, columns, channels, filters).

    None if the first layer with weights sees no neighbouring pixels, or not the channels of an image.
    """
    kernel = next((layer.kernel for layer in model.layers if getattr(layer, "kernel", None) is not None), None)
    if kernel is None or len(kernel.shape) != 4 or kernel.shape[0] < 2 or kernel.shape[2] not in (1, 3):
        return None
    return lambda: keras.ops.convert_to_numpy(kernel)
