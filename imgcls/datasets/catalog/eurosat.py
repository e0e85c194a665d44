"""27,000 satellite photos of 64×64 pixels in ten classes of land use, from fields to motorways: each shows 640 m of
Europe, in the visible colours of the Sentinel-2 satellites. 20% of each class are held out as the test set, because
none was published. Good networks reach about 98% accuracy.

Source: P. Helber, B. Bischke, A. Dengel, D. Borth, EuroSAT: A Novel Dataset and Deep Learning Benchmark for Land Use
and Land Cover Classification (2019). Licence: MIT.
"""

from imgcls.datasets.preparing import originals, photos
from imgcls.datasets.preparing.originals import OriginalFile

TITLE = "EuroSAT"
FOLDERS = {
    "AnnualCrop": "annual crop",
    "Forest": "forest",
    "HerbaceousVegetation": "herbaceous vegetation",
    "Highway": "highway",
    "Industrial": "industrial",
    "Pasture": "pasture",
    "PermanentCrop": "permanent crop",
    "Residential": "residential",
    "River": "river",
    "SeaLake": "sea or lake",
}
CLASSES = tuple(FOLDERS.values())
SHAPE = (64, 64, 3)
COUNTS = (21600, 5400)
SOURCE = "download"
MEGABYTES = 94.3
INK = False
LOOKS = "Seen from straight above by a satellite: an image covers 640 m, so fields are patches and roads are lines."
AVOID: dict[str, str] = {}
# Address and checksum as torchvision lists them.
FILES = (
    OriginalFile(
        "EuroSAT.zip",
        "https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
        "md5:c8fa014336c82ac7804f0398fcb19387",
    ),
)


def load(progress):
    """The four arrays."""
    return originals.provided("eurosat", FILES, _read, progress)


def _read(folder, progress):
    return photos.arrays(folder / FILES[0].name, CLASSES, SHAPE[0], _assign, sum(COUNTS), progress)


def _assign(parts):
    """`2750/AnnualCrop/AnnualCrop_1.jpg` is an annual crop."""
    return (FOLDERS[parts[-2]], "") if len(parts) > 1 and parts[-2] in FOLDERS and parts[-1].endswith(".jpg") else None
