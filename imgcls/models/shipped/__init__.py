"""The pretrained networks that ship with the project, and their features without TensorFlow.

    networks.py        what they consist of, as data
    litert_model.py    writes one as a LiteRT model, with or without a head
    litert_graph.py    the file format of LiteRT
    features.py        computes features of images with LiteRT
    weights/           their weights in half precision, with licence and origin

The trainer builds the same networks from the same data and weights with Keras, for fine-tuning and export: see
`imgcls.training.model_builder.shipped_network`.
"""

from imgcls.models.shipped.features import FeatureExtractor
from imgcls.models.shipped.networks import PLANS, Convolution, Plan, weights_of, weights_path

__all__ = ["PLANS", "Convolution", "FeatureExtractor", "Plan", "weights_of", "weights_path"]
