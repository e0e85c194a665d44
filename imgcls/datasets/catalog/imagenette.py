"""13,394 photos in ten classes of ImageNet that are easy to tell apart, cropped to squares of 128×128 pixels: enough to
see what a network for photos needs, in minutes instead of days. Good networks from scratch reach over 90% accuracy.

Source: J. Howard, Imagenette (2019), from ImageNet (J. Deng et al. 2009). Licence: Apache 2.0 for the selection; the
photos belong to their owners and are used for research and teaching.
"""

from imgcls.datasets.preparing import originals, photos
from imgcls.datasets.preparing.originals import OriginalFile

TITLE = "Imagenette"
FOLDERS = {  # WordNet's numbers of the classes
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}
CLASSES = tuple(FOLDERS.values())
SHAPE = (128, 128, 3)
COUNTS = (9469, 3925)
SOURCE = "download"
MEGABYTES = 98.9
INK = False
LOOKS = "Photos as people take them: the object may be small, partly hidden or in somebody's hands."
AVOID = {
    "rotation": "Photos are taken upright: beyond 30° the network learns views that the test set does not contain.",
}
# Address and checksum as tensorflow_datasets lists them (version 2, photos of 160 pixels).
FILES = (
    OriginalFile(
        "imagenette2-160.tgz",
        "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
        "88daccb09b6fce93f45e6c09ddeb269cce705549e6bff322092a2a5a11489863",
    ),
)
PARTS = {"train": "train", "val": "test"}


def load(progress):
    """The four arrays; the published validation set is the test set."""
    return originals.provided("imagenette", FILES, _read, progress)


def _read(folder, progress):
    return photos.arrays(folder / FILES[0].name, CLASSES, SHAPE[0], _assign, sum(COUNTS), progress)


def _assign(parts):
    """`imagenette2-160/val/n01440764/n01440764_141.JPEG` is a tench of the test set."""
    if len(parts) < 3 or parts[-3] not in PARTS or parts[-2] not in FOLDERS or not parts[-1].endswith(".JPEG"):
        return None
    return FOLDERS[parts[-2]], PARTS[parts[-3]]
