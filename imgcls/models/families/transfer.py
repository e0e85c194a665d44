"""Transfer learning: a pretrained network (the backbone) with a new classification head.

The backbone was trained on more than a million photographs, or by you in another run. Edges, textures and shapes are
useful for almost any task, so the backbone is frozen and only a small head is trained. The backbone runs once per
image; its outputs (the features) are cached on disk. A linear head starts from the solution of logistic regression. An
epoch therefore takes a fraction of a second, and a few dozen images per class are often enough.

Optional fine-tuning follows: the last blocks of the backbone are trained as well, at a small learning rate and with
frozen batch normalisation. It often gains a few points of accuracy and takes as long as ordinary training. Each
backbone receives its pixels scaled as in its original training, so the normalisation setting does not apply. (Yosinski
et al. 2014, "How transferable are features in deep neural networks?")
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from imgcls.languages import N_
from imgcls.models import backbones
from imgcls.params import Choice, Range, RunId, Value

TITLE = "Transfer learning"
IN_SHORT = N_("already trained: for few photos")
IGNORES = ("normalisation", "precision")
HAS_BACKBONE = True
PRESETS = {
    "quick": {"epochs": 10, "model.backbone": "MobileNet 0.25", "model.input_size": 96},
    "good": {"epochs": 20, "model.backbone": "EfficientNet-Lite0", "model.input_size": 96},
    "best": {
        "epochs": 20,
        "model.backbone": "EfficientNet-Lite0",
        "model.input_size": 96,
        "model.fine_tuning_epochs": 3,
    },
}


def more_epochs(settings: Mapping[str, Value]) -> int:
    """Epochs of fine-tuning, after those in which the head is trained."""
    return int(settings["fine_tuning_epochs"])


def lengthened(settings: Mapping[str, Value], epochs: int) -> dict[str, Value]:
    """The same settings with this many epochs of fine-tuning."""
    return {**settings, "fine_tuning_epochs": epochs}


def classify(
    layers,
    features,
    num_classes: int,
    *,
    backbone: Annotated[
        str,
        Choice(*backbones.NETWORKS, backbones.RUN),
        "The pretrained network that computes the features. EfficientNet-Lite0 (accurate) and MobileNet 0.25 (fast) "
        "are included; the others are downloaded once.",
    ] = "EfficientNet-Lite0",
    input_size: Annotated[
        int,
        Range(32, 320, step=32, unit="px"),
        "Images are resized to this side length before the backbone processes them. Larger images show more detail "
        "but take longer.",
    ] = 128,
    backbone_run: Annotated[
        str, RunId(), "The run whose network, without its classification layer, computes the features."
    ] = "",
    augmented_copies: Annotated[
        int,
        Range(1, 20, step=1),
        "With augmentation, features are computed for this many augmented copies of each image; epochs cycle through "
        "them.",
    ] = 4,
    head_units: Annotated[
        int, Range(0, 1024, step=64), "Units of a hidden layer in the head. 0 = a linear head, which is hard to beat."
    ] = 0,
    dropout: Annotated[
        float, Range(0, 0.8, step=0.05), "Fraction of the features dropped at random in each training step."
    ] = 0.2,
    fine_tuning_epochs: Annotated[
        int,
        Range(0, 1000),
        "Epochs in which the last blocks of the backbone are trained as well, after those of the head. 0 = none.",
    ] = 0,
    fine_tuning_rate: Annotated[
        float,
        Range(1e-7, 0.1, logarithmic=True),
        "Learning rate for fine-tuning: a tenth of the head's learning rate, or less.",
    ] = 1e-4,
    fine_tuning_blocks: Annotated[
        int, Range(1, 8, step=1), "How many of the last blocks of the backbone are fine-tuned."
    ] = 2,
):
    # Standardises each feature with its mean and variance on the training images: see `initialise`.
    x = layers.BatchNormalization(center=False, scale=False, trainable=False, name="standardise")(features)
    if head_units:
        x = layers.Dropout(dropout, name="features_dropout")(x)
        x = layers.Dense(head_units, activation="relu", name="head")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(num_classes, name="logits")(x)


def initialise(model, features: np.ndarray) -> None:
    """Sets the initial weights from training features, float32 (n, features): their mean and variance, and zero logits.

    With zero logits all classes start equally likely, which is the best start for a linear head.
    """
    model.get_layer("standardise").set_weights([features.mean(0), features.var(0)])
    logits = model.get_layer("logits")
    logits.set_weights([np.zeros_like(value) for value in logits.get_weights()])
