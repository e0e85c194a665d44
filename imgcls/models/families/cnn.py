"""A convolutional network slides small windows over the picture and learns which patterns to look for in them.

Early layers find edges, later ones find shapes made of edges, wherever they stand in the picture; pooling halves the
picture after each block, so that later windows see more of it. The classic choice for digits and clothes, and strong
with few parameters. (LeCun, Bottou, Bengio and Haffner 1998.)
"""

from typing import Annotated

from imgcls.params import Choice, Range

TITLE = "Convolutional network (CNN)"


def classify(
    layers,
    images,
    num_classes: int,
    *,
    filters: Annotated[
        int, Range(4, 128, step=4), "Patterns the first block looks for; each next block has twice."
    ] = 16,
    blocks: Annotated[int, Range(1, 4, step=1), "Rounds of convolution and pooling; each halves the picture."] = 2,
    convolutions: Annotated[int, Range(1, 3, step=1), "Convolutions in a row before each pooling."] = 1,
    units: Annotated[int, Range(8, 512, step=8), "Units of the dense layer that combines what was found."] = 64,
    dropout: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "Share of values switched off at random in training, against learning by heart.",
    ] = 0.3,
    batch_normalisation: Annotated[
        bool, "Keep the values of each layer in a steady range; allows larger steps and often scores better."
    ] = False,
    activation: Annotated[
        str, Choice("relu", "gelu", "tanh"), "The bend after each layer: without one, all layers act as one."
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
