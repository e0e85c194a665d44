"""3,670 photos of daisies, dandelions, roses, sunflowers and tulips, cropped to squares of 128×128 pixels: a small
dataset of real photos, with people, vases and bouquets between the flowers. Made for transfer learning: a network from
scratch reaches about 70% accuracy, a pretrained one over 90%. 20% of each class are held out as the test set.

Source: The TensorFlow Team, Flowers (2019), from photos on Flickr. Licence: CC BY, see LICENSE.txt in the archive.
"""

from imgcls.datasets.preparing import originals, photos
from imgcls.datasets.preparing.originals import OriginalFile

TITLE = "Flowers"
FOLDERS = {
    "daisy": "daisy",
    "dandelion": "dandelion",
    "roses": "rose",
    "sunflowers": "sunflower",
    "tulips": "tulip",
}
CLASSES = tuple(FOLDERS.values())
SHAPE = (128, 128, 3)
COUNTS = (2936, 734)
SOURCE = "download"
MEGABYTES = 228.8
INK = False
LOOKS = "Photos by many people: one flower up close, a whole meadow, or a bouquet with people and vases."
AVOID = {
    "rotation": "Most flowers are photographed upright, with the stem below: beyond 30° the network learns views that "
    "the test set does not contain.",
}
# Address and checksum as tensorflow_datasets lists them (tf_flowers).
FILES = (
    OriginalFile(
        "flower_photos.tgz",
        "http://download.tensorflow.org/example_images/flower_photos.tgz",
        "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
    ),
)


def load(progress):
    """The four arrays."""
    return originals.provided("flowers", FILES, _read, progress)


def _read(folder, progress):
    return photos.arrays(folder / FILES[0].name, CLASSES, SHAPE[0], _assign, sum(COUNTS), progress)


def _assign(parts):
    """`flower_photos/roses/12240303_80d87f77a3_n.jpg` is a rose."""
    return (FOLDERS[parts[-2]], "") if len(parts) > 1 and parts[-2] in FOLDERS and parts[-1].endswith(".jpg") else None
