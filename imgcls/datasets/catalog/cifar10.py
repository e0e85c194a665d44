"""60,000 colour photos of 32×32 pixels in ten classes of animals and vehicles. The objects are neither centred nor cut
out, so this dataset needs a deeper convolutional network than the digits do; fully connected networks do much worse.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009). No licence is stated; it is used
for research and teaching.
"""

from imgcls.datasets.preparing.keras_download import download

TITLE = "CIFAR-10"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (32, 32, 3)
COUNTS = (50000, 10000)
SOURCE = "download"
MEGABYTES = 170.5
INK = False
AVOID = {
    "rotation": "Photos are taken upright: beyond 30° the network learns to recognise ships lying on their side, which "
    "the test set does not contain.",
}


def load(progress):
    """The four arrays."""
    return download("cifar10", progress)
