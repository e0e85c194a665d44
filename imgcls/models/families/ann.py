"""A dense network treats the image as one long row of pixels: every unit of a layer is connected to all of them.

It is the simplest network, quick to train, and good at centred digits. But it does not know which pixels are
neighbours, so an image shifted by a few pixels looks entirely new, and it needs many parameters. (Rosenblatt 1958;
Rumelhart, Hinton and Williams 1986.)
"""

from typing import Annotated

from imgcls.languages import N_
from imgcls.params import Choice, Range

TITLE = "Dense network (ANN)"
IN_SHORT = N_("every pixel to every unit: simple, quick")
PRESETS = {
    "quick": {"epochs": 3},
    "good": {"epochs": 12},
    "best": {"epochs": 25, "shift": 1, "schedule": "cosine", "early_stopping": False, "model.units": 512},
}


def classify(
    layers,
    images,
    num_classes: int,
    *,
    units: Annotated[
        int, Range(8, 1024, step=8), "Units in the first hidden layer. More units can model more complex patterns."
    ] = 128,
    hidden_layers: Annotated[
        int, Range(1, 5, step=1), "Number of hidden layers. Each has half as many units as the one before."
    ] = 2,
    dropout: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "Fraction of activations dropped at random during training, to reduce overfitting.",
    ] = 0.2,
    activation: Annotated[
        str,
        Choice("relu", "gelu", "tanh", "sigmoid"),
        "The non-linearity after each layer. Without one, a stack of layers is equivalent to a single linear layer.",
    ] = "relu",
):
    x = layers.Flatten(name="flatten")(images)
    for number in range(1, hidden_layers + 1):
        width = max(8, units // 2 ** (number - 1))
        x = layers.Dense(width, activation=activation, name=f"dense{number}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout{number}")(x)
    return layers.Dense(num_classes, name="logits")(x)
