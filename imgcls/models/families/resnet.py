"""A small residual network: many convolutions with a shortcut around each pair, so that even deep networks train well.

Each block adds a correction to its input instead of replacing it, batch normalisation keeps the activations in range,
and global average pooling replaces a large dense layer at the end. A good choice for colour images trained from
scratch; it needs more epochs than the plain CNN. (He, Zhang, Ren and Sun 2016, pre-activation form.)
"""

from typing import Annotated

from imgcls.languages import N_
from imgcls.params import Choice, Range

TITLE = "Residual network (ResNet)"
IN_SHORT = N_("deep, with shortcuts: for photos, slower")
DEEP = True
PRESETS = {
    "quick": {"epochs": 3, "learning_rate": 3e-3, "schedule": "one_cycle", "batch_size": 128},
    "good": {"epochs": 10, "learning_rate": 3e-3, "schedule": "one_cycle", "batch_size": 128, "shift": 2, "flip": True},
    "best": {
        "epochs": 20,
        "learning_rate": 3e-3,
        "schedule": "one_cycle",
        "batch_size": 128,
        "early_stopping": False,
        "shift": 2,
        "flip": True,
        "model.blocks": 2,
    },
}


def classify(
    layers,
    images,
    num_classes: int,
    *,
    filters: Annotated[
        int, Range(8, 96, step=8), "Filters in the first stage. Each subsequent stage has twice as many."
    ] = 16,
    stages: Annotated[
        int, Range(1, 4, step=1), "Each stage after the first halves the resolution and doubles the filters."
    ] = 3,
    blocks: Annotated[int, Range(1, 6, step=1), "Residual blocks per stage, with two convolutions each."] = 1,
    dropout: Annotated[
        float,
        Range(0, 0.8, step=0.05),
        "Fraction of activations dropped before the last layer during training, to reduce overfitting.",
    ] = 0.2,
    activation: Annotated[str, Choice("relu", "gelu", "swish"), "The non-linearity after each normalisation."] = "relu",
):
    def normalised(x, name):
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
        return layers.Activation(activation, name=f"{name}_{activation}")(x)

    def convolved(x, width, name, *, size=3, strides=1):
        return layers.Conv2D(width, size, strides=strides, padding="same", use_bias=False, name=name)(x)

    x = convolved(images, filters, "stem")
    for stage in range(1, stages + 1):
        width = filters * 2 ** (stage - 1)
        for block in range(1, blocks + 1):
            name = f"stage{stage}_block{block}"
            strides = 2 if stage > 1 and block == 1 else 1
            y = normalised(x, f"{name}_a")
            # A shortcut that changes the shape starts after the normalisation (He et al. 2016, fig. 4).
            shortcut = convolved(y, width, f"{name}_shortcut", size=1, strides=strides) if strides > 1 else x
            y = convolved(y, width, f"{name}_conv1", strides=strides)
            y = normalised(y, f"{name}_b")
            y = convolved(y, width, f"{name}_conv2")
            x = layers.Add(name=f"{name}_add")([shortcut, y])
    x = normalised(x, "last")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(num_classes, name="logits")(x)
