"""60,000 colour photographs of 32 by 32 pixels in ten classes of animals and vehicles. Nothing is centred or cut out,
so it needs a deeper convolutional network than the digits do; a plain one stays far behind.

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
    "rotation": "Photographs are taken upright: beyond 30 degrees the network learns ships on their side, which "
    "nobody will ask for.",
}


def load(progress):
    """The four arrays."""
    return download("cifar10", TITLE, MEGABYTES, progress)
