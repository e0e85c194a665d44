"""70,000 pictures of clothes, shoes and bags, 28 by 28 grey pixels, in the form of MNIST but harder: shirts, pullovers
and coats look alike at this size, for people as well. Good networks reach about 94 in 100.

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
    "rotation": "All pieces lie upright, in training and in the test: beyond 30 degrees the network learns what is "
    "never asked.",
}


def load(progress):
    """The four arrays."""
    return download("fashion_mnist", TITLE, MEGABYTES, progress)
