"""Transfer learning: a network that already sees, with new answers on top.

Somebody has trained the base on millions of photographs, or you have trained it yourself in another run. Edges,
textures and shapes are the same everywhere, so the base stays as it is (frozen), and only a small head learns what they
mean here. The base looks at every picture once; what it says (the features) is kept on the disk, so an epoch takes a
fraction of a second, and a few dozen pictures a class are often enough.

Fine-tuning, if you want it, comes second: the last blocks of the base learn on at a small rate, with batch
normalisation kept still. It often gains some points, and takes as long as a normal training. Pixels reach each base as
it was taught, whatever the normalisation says. (Yosinski et al. 2014, "How transferable are features in deep neural
networks?")
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from imgcls.models import backbones
from imgcls.params import Choice, Range, RunId, Value

TITLE = "Transfer learning"
IGNORES = ("normalisation", "precision")
HAS_BACKBONE = True


def more_epochs(settings: Mapping[str, Value]) -> int:
    """Epochs that follow those of the settings of every run."""
    return int(settings["fine_tuning_epochs"])


def lengthened(settings: Mapping[str, Value], epochs: int) -> dict[str, Value]:
    """The same settings with so many epochs of fine-tuning."""
    return {**settings, "fine_tuning_epochs": epochs}


def classify(
    layers,
    features,
    num_classes: int,
    *,
    backbone: Annotated[
        str,
        Choice(*backbones.NETWORKS, backbones.RUN),
        "The pretrained network that computes the features.",
    ] = "MobileNet 0.25",
    input_size: Annotated[
        int,
        Range(32, 320, step=32, unit="px"),
        "Images are resized to this side before the backbone processes them. Larger shows more detail and costs more.",
    ] = 96,
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
        int, Range(0, 1024, step=64), "Neurons between features and answers. 0: the answers alone, hard to beat."
    ] = 0,
    dropout: Annotated[float, Range(0, 0.8, step=0.05), "Share of the features that is left out at each step."] = 0.2,
    fine_tuning_epochs: Annotated[
        int, Range(0, 1000), "Epochs after those of the head, in which the last blocks of the base learn, too. 0: none."
    ] = 0,
    fine_tuning_rate: Annotated[
        float, Range(1e-7, 0.1, logarithmic=True), "Learning rate of the fine-tuning: a tenth of the other, or less."
    ] = 1e-4,
    fine_tuning_blocks: Annotated[
        int, Range(1, 8, step=1), "So many of the last blocks of the base learn in the fine-tuning."
    ] = 2,
):
    # Each feature to mean 0 and deviation 1, as they are on the training pictures: see `begin`.
    x = layers.BatchNormalization(center=False, scale=False, trainable=False, name="standardise")(features)
    if head_units:
        x = layers.Dropout(dropout, name="features_dropout")(x)
        x = layers.Dense(head_units, activation="relu", name="head")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(num_classes, name="logits")(x)


def begin(model, features: np.ndarray) -> None:
    """First weights from the training features, float32 (n, features): their mean and variance, and answers that prefer
    no class, which is where learning them begins best."""
    model.get_layer("standardise").set_weights([features.mean(0), features.var(0)])
    predictions = model.get_layer("logits")
    predictions.set_weights([np.zeros_like(value) for value in predictions.get_weights()])
