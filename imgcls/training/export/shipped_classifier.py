"""The LiteRT model of a shipped network with a trained head, written directly: TensorFlow's converter takes seconds."""

import keras
import numpy as np
from keras import layers

from imgcls.models.shipped import PLANS
from imgcls.models.shipped.litert_model import CHANNELS, Head, classifier
from imgcls.models.shipped.networks import NORMALISATION

HEAD_LAYERS = (
    layers.InputLayer,
    layers.Dropout,
    layers.Dense,
    layers.BatchNormalization,
    layers.Activation,
    layers.Softmax,
)
"""What a model may consist of besides the network."""


def litert(model: keras.Model) -> bytes | None:
    """The content of the .tflite file; None if the model is not a shipped network with a head of dense layers."""
    networks = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    head = [layer for layer in model.layers if not isinstance(layer, keras.Model)]
    title = _title(networks[0]) if len(networks) == 1 else ""
    shape = tuple(model.input_shape[1:])
    if not title or shape[-1] not in CHANNELS or not all(isinstance(layer, HEAD_LAYERS) for layer in head):
        return None
    (standardise,) = (layer for layer in head if isinstance(layer, layers.BatchNormalization))
    weights = [weight for layer in head for weight in layer.get_weights()]
    is_multilabel = isinstance(model.layers[-1], layers.Activation)
    size = networks[0].get_layer("preprocess").output.shape[1]
    written = Head.of_weights(weights, standardise.epsilon, is_multilabel=is_multilabel)
    return classifier(title, size, shape, _weights(title, networks[0]), written)


def _title(network: keras.Model) -> str:
    """Which shipped network it is, by the names of its layers; empty if none."""
    names = {layer.name for layer in network.layers}
    return next((title for title, plan in PLANS.items() if names >= {part.name for part in plan.convolutions}), "")


def _weights(title: str, network: keras.Model) -> dict[str, np.ndarray]:
    found = {}
    for layer in PLANS[title].convolutions:
        (found[f"{layer.name}.kernel"],) = network.get_layer(layer.name).get_weights()
        values = network.get_layer(layer.normalisation).get_weights()
        found |= {f"{layer.normalisation}.{part}": value for part, value in zip(NORMALISATION, values, strict=True)}
    return found
