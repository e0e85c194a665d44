"""A deep convolutional network designed for speed: it achieves more in a minute than the other models do in ten.

The first layer is fixed: it whitens 2×2 patches with the principal components of the training images, because
neighbouring pixels are strongly correlated. Blocks of two convolutions with pooling and normalisation follow. The
convolutions start as identity mappings and the logits are scaled down, which keeps training stable at a large learning
rate. Use its recommended settings: large batches and a one-cycle schedule. (Jordan 2024, "94% on CIFAR-10 in 3.29
seconds"; Page 2018.)
"""

from typing import Annotated

import numpy as np

from imgcls.languages import N_
from imgcls.params import Choice, Range

TITLE = "Deep CNN (fast)"
IN_SHORT = N_("deeper, built for speed: for photos")
DEEP = True
RECIPE = {
    "normalisation": "standardised",
    "shift": 2,
    "flip": True,
    "optimizer": "muon",
    "learning_rate": 0.12,
    "schedule": "one_cycle",
    "warmup_fraction": 0.0,
    "batch_size": 512,
    "epochs": 4,
    "label_smoothing": 0.2,
    "validation_fraction": 0.05,
    "monitor": "accuracy",
    "early_stopping": False,
    "test_time_augmentation": True,
}
"""Recommended settings, tuned on CIFAR-10. More epochs and a larger width score higher."""
PRESETS = {
    "quick": {"epochs": 2, "model.width": 16},
    "good": {},
    "best": {"epochs": 12, "model.widening": 4},
}
LOGIT_SCALE = 1 / 9
SMALLEST_VARIANCE = 5e-4


def classify(
    layers,
    images,
    num_classes: int,
    *,
    width: Annotated[
        int, Range(8, 128, step=8), "Filters in the first block. More filters are more accurate but slower."
    ] = 32,
    widening: Annotated[
        int, Range(1, 4, step=1), "Later blocks have this many times as many filters as the first."
    ] = 2,
    blocks: Annotated[int, Range(1, 4, step=1), "Blocks of two convolutions. Each block halves the resolution."] = 3,
    activation: Annotated[str, Choice("relu", "gelu", "swish"), "The non-linearity after each normalisation."] = "relu",
):
    def normalised(x, name):
        # No scale: the next convolution can represent it. The momentum is low because large batches mean few steps.
        x = layers.BatchNormalization(momentum=0.6, scale=False, name=f"{name}_norm")(x)
        return layers.Activation(activation, name=f"{name}_{activation}")(x)

    x = layers.Conv2D(8 * images.shape[-1], 2, use_bias=False, trainable=False, name="whiten")(images)
    x = layers.Activation(activation, name=f"whiten_{activation}")(x)
    for block in range(1, blocks + 1):
        maps = width if block == 1 else width * widening
        name = f"block{block}"
        x = layers.Conv2D(maps, 3, padding="same", use_bias=False, name=f"{name}_conv1")(x)
        # Small images are padded to the next even size, so that four blocks fit every dataset.
        padding = "same" if min(x.shape[-3:-1]) < 4 else "valid"
        x = layers.MaxPooling2D(padding=padding, name=f"{name}_pool")(x)
        x = normalised(x, f"{name}_a")
        x = layers.Conv2D(maps, 3, padding="same", use_bias=False, name=f"{name}_conv2")(x)
        x = normalised(x, f"{name}_b")
    x = layers.GlobalMaxPooling2D(name="max_pool")(x)
    x = layers.Dense(num_classes, use_bias=False, name="classifier")(x)
    return layers.Rescaling(LOGIT_SCALE, dtype="float32", name="logits")(x)


def initialise(model, images: np.ndarray) -> None:
    """Sets the initial weights: whitening and identity convolutions.

    `images` are training images, float32 (n, height, width, channels), as the model's first layer scales them.
    """
    model.get_layer("whiten").set_weights([whitening(images)])
    for layer in model.layers:
        if layer.name.endswith(("_conv1", "_conv2")):
            (kernel,) = layer.get_weights()
            same = np.arange(min(kernel.shape[2:]))
            kernel[..., same] = 0
            kernel[1, 1, same, same] = 1
            layer.set_weights([kernel])


def whitening(images: np.ndarray) -> np.ndarray:
    """A kernel (2, 2, channels, 8 * channels) whose outputs for image patches are uncorrelated with equal variance.

    It holds the eigenvectors of the patches' second-moment matrix, each divided by its standard deviation, and their
    negatives, because the activation that follows would discard negative outputs.
    """
    patches = np.lib.stride_tricks.sliding_window_view(images, (2, 2), axis=(1, 2))
    channels = images.shape[-1]
    patches = patches.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 4 * channels)
    variances, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    kernel = (vectors / np.sqrt(variances + SMALLEST_VARIANCE)).reshape(2, 2, channels, 4 * channels)
    return np.concatenate([kernel, -kernel], axis=-1).astype(np.float32)
