"""A convolutional network slides small filters over the image and learns the patterns that they detect.

Early layers detect edges and later ones shapes made of edges, wherever they appear in the image. Pooling halves the
resolution after each block, so that later filters cover a larger part of the image. The classic choice for digits and
clothes: accurate with few parameters. (LeCun, Bottou, Bengio and Haffner 1998.)
"""

from typing import Annotated

from imgcls.languages import N_
from imgcls.params import Choice, Range

TITLE = "Convolutional network (CNN)"
IN_SHORT = N_("small filters: for digits and clothes")
PRESETS = {
    "quick": {"epochs": 2, "learning_rate": 2e-3},
    "good": {"epochs": 8, "schedule": "cosine", "model.batch_normalisation": True},
    "best": {
        "epochs": 16,
        "schedule": "cosine",
        "early_stopping": False,
        "shift": 2,
        "flip": True,
        "model.batch_normalisation": True,
        "model.filters": 32,
        "model.convolutions": 2,
    },
}


def classify(
    layers,
    images,
    num_classes: int,
    *,
    filters: Annotated[
        int, Range(4, 128, step=4), "Filters in the first block. Each subsequent block has twice as many."
    ] = 16,
    blocks: Annotated[int, Range(1, 4, step=1), "Blocks of convolution and pooling. Each halves the resolution."] = 2,
    convolutions: Annotated[int, Range(1, 3, step=1), "Convolutions per block, before the pooling."] = 1,
    units: Annotated[int, Range(8, 512, step=8), "Units of the dense layer that combines the detected patterns."] = 64,
    dropout: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "Fraction of activations dropped at random during training, to reduce overfitting.",
    ] = 0.3,
    batch_normalisation: Annotated[
        bool,
        "Normalise the activations over each batch. Allows a larger learning rate and often scores better.",
    ] = False,
    activation: Annotated[
        str,
        Choice("relu", "gelu", "tanh"),
        "The non-linearity after each layer. Without one, a stack of layers is equivalent to a single linear layer.",
    ] = "relu",
):
    x = images
    for block in range(1, blocks + 1):
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            width = filters * 2 ** (block - 1)
            if batch_normalisation:
                x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=name)(x)
                x = layers.BatchNormalization(momentum=0.9, name=f"block{block}_norm{number}")(x)
                x = layers.Activation(activation, name=f"block{block}_{activation}{number}")(x)
            else:
                x = layers.Conv2D(width, 3, padding="same", activation=activation, name=name)(x)
        x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
        if dropout:
            x = layers.Dropout(dropout / 2, name=f"block{block}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(units, activation=activation, name="dense")(x)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(num_classes, name="logits")(x)
