"""145,600 handwritten letters of 28×28 greyscale pixels, from A to Z, in the same format as MNIST. Capital and small
letters of a kind form one class, so a network has to learn two shapes for most of them; I and L, or a small g and q,
are hard to tell apart even for people. Good networks reach about 95% accuracy.

Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: an extension of MNIST to handwritten letters (2017), from
NIST Special Database 19. Licence: none needed, public domain.
"""

import string
import zipfile

from imgcls.datasets.preparing import idx, originals
from imgcls.datasets.preparing.originals import OriginalFile

TITLE = "EMNIST letters"
CLASSES = tuple(string.ascii_uppercase)
SHAPE = (28, 28, 1)
COUNTS = (124800, 20800)
SOURCE = "download"
MEGABYTES = 561.8
INK = True
LOOKS = "White handwriting on black, one letter in the middle of each image, from forms that people filled in."
AVOID = {
    "flip": "Mirrored letters are not valid: a mirrored b is a d.",
    "rotation": "Beyond 30° letters become ambiguous: a Z on its side is an N, an upside-down M is a W.",
}
# Address and checksum as tensorflow_datasets lists them. The archive holds all variants of EMNIST; four files are read.
FILES = (
    OriginalFile(
        "emnist/gzip.zip",
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
        "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    ),
)
_NAMES = ("train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1")
MEMBERS = tuple(f"gzip/emnist-letters-{name}-ubyte.gz" for name in _NAMES)


def load(progress):
    """The four arrays."""
    return originals.provided("emnist_letters", FILES, _read, progress)


def _read(folder, progress):
    """In the files, images are transposed, and labels count from 1."""
    with zipfile.ZipFile(folder / FILES[0].name) as archive:
        arrays = [_array(archive, member) for member in MEMBERS]
    return tuple(one.transpose(0, 2, 1) if one.ndim == 3 else one.astype("int64") - 1 for one in arrays)


def _array(archive, member):
    with archive.open(member) as stream:
        return idx.from_stream(stream, max_bytes=500_000_000)
