"""1,797 handwritten digits of only 8×8 greyscale pixels: the smallest dataset here. A network learns it in seconds, and
you can count the pixels yourself. It comes with scikit-learn and needs no download.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (UCI, 1998), the test set.
Licence: CC BY 4.0.
"""

from imgcls.datasets.catalog._digit_classes import AVOID as AVOID
from imgcls.datasets.catalog._digit_classes import CLASSES as CLASSES
from imgcls.datasets.catalog._digit_classes import with_test_set

TITLE = "Small digits"
SHAPE = (8, 8, 1)
COUNTS = (1437, 360)
SOURCE = "bundled"
MEGABYTES = 0
INK = True


def load(progress):
    """The four arrays. The original pixel values from 0 to 16 are scaled to 0 to 255."""
    from sklearn.datasets import load_digits

    progress(0.1, "Reading 1,797 digits")
    ink, labels = load_digits(return_X_y=True)
    pixels = (ink * 255 / 16).round().astype("uint8").reshape(-1, *SHAPE)
    return with_test_set(pixels, labels, COUNTS)
