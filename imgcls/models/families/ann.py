"""A dense network looks at all pixels at once, as one long row of numbers: every unit is connected to every pixel.

It is the simplest network and quick to train, and it reads centred digits well. But it does not know that neighbouring
pixels belong together, so a picture moved by a few pixels is new to it, and it needs many parameters. (Rosenblatt 1958;
Rumelhart, Hinton and Williams 1986.)
"""

from typing import Annotated

from imgcls.params import Choice, Range

TITLE = "Dense network (ANN)"


def classify(
    layers,
    images,
    num_classes: int,
    *,
    units: Annotated[int, Range(8, 1024, step=8), "Units in the first hidden layer: more can tell more apart."] = 128,
    hidden_layers: Annotated[
        int, Range(1, 5, step=1), "How many dense layers; each has half the units of the last."
    ] = 2,
    dropout: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "Share of values switched off at random in training, against learning by heart.",
    ] = 0.2,
    activation: Annotated[
        str, Choice("relu", "gelu", "tanh", "sigmoid"), "The bend after each layer: without one, all layers act as one."
    ] = "relu",
):
    x = layers.Flatten(name="flatten")(images)
    for number in range(1, hidden_layers + 1):
        width = max(8, units // 2 ** (number - 1))
        x = layers.Dense(width, activation=activation, name=f"dense{number}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout{number}")(x)
    return layers.Dense(num_classes, name="logits")(x)
