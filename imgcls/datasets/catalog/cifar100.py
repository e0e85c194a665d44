"""60,000 colour photos of 32×32 pixels in 100 classes, with 500 training images each: much harder than CIFAR-10. The
classes form 20 groups of five, so some errors are closer (maple for oak) than others (maple for shark).

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009). No licence is stated; it is used
for research and teaching.
"""

from imgcls.datasets.preparing.keras_download import download

TITLE = "CIFAR-100"
SHAPE = (32, 32, 3)
COUNTS = (50000, 10000)
SOURCE = "download"
MEGABYTES = 169.0
INK = False
LOOKS = "Tiny photos with one object in each; at this size even people have to guess some of them."
AVOID = {
    "rotation": "Photos are taken upright: beyond 30° the network learns to recognise trees lying on their side, which "
    "the test set does not contain.",
}

# The groups in the order of their labels, each with its five classes. Classes are numbered by their names.
GROUPS = {
    "aquatic mammals": ("beaver", "dolphin", "otter", "seal", "whale"),
    "fish": ("aquarium fish", "flatfish", "ray", "shark", "trout"),
    "flowers": ("orchid", "poppy", "rose", "sunflower", "tulip"),
    "food containers": ("bottle", "bowl", "can", "cup", "plate"),
    "fruit and vegetables": ("apple", "mushroom", "orange", "pear", "sweet pepper"),
    "household electrical devices": ("clock", "keyboard", "lamp", "telephone", "television"),
    "household furniture": ("bed", "chair", "couch", "table", "wardrobe"),
    "insects": ("bee", "beetle", "butterfly", "caterpillar", "cockroach"),
    "large carnivores": ("bear", "leopard", "lion", "tiger", "wolf"),
    "large man-made outdoor things": ("bridge", "castle", "house", "road", "skyscraper"),
    "large natural outdoor scenes": ("cloud", "forest", "mountain", "plain", "sea"),
    "large omnivores and herbivores": ("camel", "cattle", "chimpanzee", "elephant", "kangaroo"),
    "medium-sized mammals": ("fox", "porcupine", "possum", "raccoon", "skunk"),
    "non-insect invertebrates": ("crab", "lobster", "snail", "spider", "worm"),
    "people": ("baby", "boy", "girl", "man", "woman"),
    "reptiles": ("crocodile", "dinosaur", "lizard", "snake", "turtle"),
    "small mammals": ("hamster", "mouse", "rabbit", "shrew", "squirrel"),
    "trees": ("maple tree", "oak tree", "palm tree", "pine tree", "willow tree"),
    "vehicles 1": ("bicycle", "bus", "motorcycle", "pickup truck", "train"),
    "vehicles 2": ("lawn mower", "rocket", "streetcar", "tank", "tractor"),
}
CLASSES = tuple(sorted(name for group in GROUPS.values() for name in group))
COARSE = tuple(GROUPS)
COARSE_OF = tuple(next(i for i, group in enumerate(GROUPS.values()) if name in group) for name in CLASSES)


def load(progress):
    """The four arrays, with the fine labels."""
    return download("cifar100", progress)
