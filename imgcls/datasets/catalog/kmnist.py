"""70,000 handwritten Japanese characters of 28×28 greyscale pixels, cut out of old books: one Hiragana character for
each of ten rows, in the cursive script of the Edo period. In the same format as MNIST but harder, because a character
is written in several quite different ways. Good networks reach over 98% accuracy.

Source: T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha, Deep Learning for Classical Japanese
Literature (2018), from the Kuzushiji Dataset by CODH. Licence: CC BY-SA 4.0.
"""

from imgcls.datasets.preparing import idx, originals
from imgcls.datasets.preparing.originals import OriginalFile

TITLE = "KMNIST"
CLASSES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
SHAPE = (28, 28, 1)
COUNTS = (60000, 10000)
SOURCE = "download"
MEGABYTES = 21.2
INK = True
LOOKS = "White brush strokes on black, one character in the middle of each image, from scans of old books."
AVOID = {
    "flip": "Mirrored characters are not valid.",
    "rotation": "The characters are upright: beyond 30° the network learns shapes that the test set does not contain.",
}
# Addresses and checksums as tensorflow_datasets lists them.
_SERVER = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"
_CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
    "train-labels-idx1-ubyte.gz": "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
    "t10k-images-idx3-ubyte.gz": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
    "t10k-labels-idx1-ubyte.gz": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
}
FILES = tuple(OriginalFile(f"kmnist/{name}", _SERVER + name, checksum) for name, checksum in _CHECKSUMS.items())


def load(progress):
    """The four arrays."""
    return originals.provided("kmnist", FILES, _read, progress)


def _read(folder, progress):
    return tuple(idx.read(folder / file.name) for file in FILES)
