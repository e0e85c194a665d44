"""A network that ships with the project as Keras layers: the same plan and weights as its LiteRT model."""

from typing import Any

import keras
from keras import layers

from imgcls.models.shipped import PLANS, weights_of
from imgcls.models.shipped.networks import EPSILON, NORMALISATION


def apply(title: str, pixels: Any) -> Any:
    """The network applied to a tensor of pixels from 0 to 255, float32 (n, size, size, 3): features (n, features)."""
    plan, outputs = PLANS[title], dict[str, Any]()
    x = layers.Rescaling(plan.scale, offset=plan.offset, name="preprocess")(pixels)
    for layer in plan.convolutions:
        options = {"strides": layer.stride, "padding": "same", "use_bias": False, "name": layer.name}
        if layer.is_depthwise:
            x = layers.DepthwiseConv2D(layer.kernel, **options)(x)
        else:
            x = layers.Conv2D(layer.filters, layer.kernel, **options)(x)
        x = layers.BatchNormalization(epsilon=EPSILON, name=layer.normalisation)(x)
        if layer.is_activated:
            x = layers.ReLU(6.0, name=f"{layer.name}_relu")(x)
        if layer.adds:
            x = layers.Add(name=f"{layer.name}_add")([outputs[layer.adds], x])
        outputs[layer.name] = x
    return layers.GlobalAveragePooling2D(name="average")(x)


def load_weights(title: str, model: keras.Model) -> None:
    """Gives the layers of the network in `model` their weights.

    Raises:
        WeightsError: the file with the weights is missing or damaged.
    """
    weights = weights_of(title)
    for layer in PLANS[title].convolutions:
        model.get_layer(layer.name).set_weights([weights[f"{layer.name}.kernel"]])
        values = [weights[f"{layer.normalisation}.{part}"] for part in NORMALISATION]
        model.get_layer(layer.normalisation).set_weights(values)
