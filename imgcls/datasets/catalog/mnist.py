"""70,000 handwritten digits of 28×28 greyscale pixels, by about 500 writers: the dataset on which convolutional
networks proved themselves, and still the first one that most people train on. Good networks reach over 99% accuracy.

Source: Y. LeCun, C. Cortes, C. Burges, MNIST (1998), from images by NIST. Licence: CC BY-SA 3.0.
"""

from imgcls.datasets.catalog._digit_classes import AVOID as AVOID
from imgcls.datasets.catalog._digit_classes import CLASSES as CLASSES
from imgcls.datasets.preparing.keras_download import download

TITLE = "MNIST"
SHAPE = (28, 28, 1)
COUNTS = (60000, 10000)
SOURCE = "download"
MEGABYTES = 11.5
INK = True
SAMPLES_IN = "mnist_sample"


def load(progress):
    """The four arrays."""
    return download("mnist", progress)
