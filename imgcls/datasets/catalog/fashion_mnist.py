"""70,000 images of clothes, shoes and bags, 28×28 greyscale pixels, in the same format as MNIST but harder: shirts,
pullovers and coats look alike at this size, even to people. Good networks reach about 94% accuracy.

Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST (2017), Zalando Research. Licence: MIT.
"""

from imgcls.datasets.preparing.keras_download import download

TITLE = "Fashion-MNIST"
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SHAPE = (28, 28, 1)
COUNTS = (60000, 10000)
SOURCE = "download"
MEGABYTES = 30.9
INK = False
AVOID = {
    "rotation": "All items are upright, in training and test: beyond 30°, the network learns orientations that never "
    "occur.",
}


def load(progress):
    """The four arrays."""
    return download("fashion_mnist", progress)
