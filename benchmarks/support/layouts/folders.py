"""Folders of classes among others, and those that only the user can read."""

from benchmarks.support.layouts.layout import PETS, SPLIT, SPLIT_PETS, TREES, UNSPLIT, Layout, in_folders

SYNSETS = "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\nn02012849 crane\nn03126707 crane\n"

FOLDERS = {
    "classes": Layout(in_folders("cat", "dog"), PETS),
    "outer folders": Layout(in_folders("dataset/data/cat", "dataset/data/dog"), PETS),
    "a preview image next to the classes": Layout(
        in_folders("pets/cat", "pets/dog") | {"pets/preview.png": 1, "cover.png": 1}, PETS
    ),
    "doubled outer folders": Layout(in_folders("pets/pets/cat", "pets/pets/dog"), PETS),
    "doubled classes": Layout(in_folders("cat/cat", "dog/dog"), PETS),
    "images inside classes": Layout(in_folders("cat/images", "dog/images"), PETS),
    "numbers": Layout(in_folders("digits/0", "digits/1", "digits/10"), {"0": UNSPLIT, "1": UNSPLIT, "10": UNSPLIT}),
    "numbered classes with folders inside": Layout(
        in_folders("class 1/left", "class 1/right", "class 2/left", "class 2/right", count=3),
        {"class 1": UNSPLIT, "class 2": UNSPLIT},
    ),
    "a class called test in a folder called train": Layout(
        in_folders("train/test", "train/other"), {"other": UNSPLIT, "test": UNSPLIT}
    ),
    "a class called train": Layout(
        in_folders("bus", "car", "train"), {"bus": UNSPLIT, "car": UNSPLIT, "train": UNSPLIT}
    ),
    "a class called train inside splits": Layout(
        in_folders("train/bus", "train/train") | in_folders("test/bus", "test/train", count=2),
        {"bus": SPLIT, "train": SPLIT},
    ),
    "masks inside classes": Layout(
        in_folders(
            "Radiography/COVID/images",
            "Radiography/Normal/images",
            "Radiography/COVID/masks",
            "Radiography/Normal/masks",
        ),
        {"COVID": UNSPLIT, "Normal": UNSPLIT},
    ),
    "masks next to their images": Layout(
        in_folders("benign", ending="/benign ({}).png")
        | in_folders("benign", ending="/benign ({})_mask.png")
        | in_folders("normal", ending="/normal ({}).png")
        | in_folders("normal", ending="/normal ({})_mask.png"),
        {"benign": UNSPLIT, "normal": UNSPLIT},
    ),
    "masks that are the class": Layout(in_folders("mask", "no_mask"), {"mask": UNSPLIT, "no_mask": UNSPLIT}),
    "images and masks with classes inside": Layout(
        in_folders("images/cat", "images/dog", "masks/cat", "masks/dog"), PETS
    ),
    "thumbnails inside classes": Layout(in_folders("cat", "dog") | in_folders("cat/thumbs", "dog/thumbs"), PETS),
    "versions of the same images": Layout(
        in_folders("color/cat", "color/dog", "grayscale/cat", "grayscale/dog", count=3), PETS, groups=6
    ),
    "sizes of the same images": Layout(
        in_folders("jpeg-192x192/cat", "jpeg-192x192/dog", "jpeg-512x512/cat", "jpeg-512x512/dog", count=3),
        PETS,
        groups=6,
    ),
    "views inside classes": Layout(
        in_folders("healthy/front", "healthy/back", "sick/front", "sick/back", count=3),
        {"healthy": UNSPLIT, "sick": UNSPLIT},
    ),
    "views inside some classes": Layout(
        in_folders("healthy/front", "healthy/close up", count=3) | in_folders("rust"),
        {"healthy": UNSPLIT, "rust": UNSPLIT},
    ),
    "sizes inside classes": Layout(in_folders("cat/small", "cat/large", "dog/small", "dog/large", count=3), PETS),
    "magnifications inside classes": Layout(
        in_folders("benign/40X", "benign/400X", "malignant/40X", "malignant/400X", count=3),
        {"benign": UNSPLIT, "malignant": UNSPLIT},
    ),
    "versions inside classes": Layout(
        in_folders("cat/original", "cat/augmented", "dog/original", "dog/augmented", count=3), PETS, groups=6
    ),
    "parts of a download from Google Drive": Layout(
        in_folders("drive-download-20240501T101112Z-001/pets/cat", "drive-download-20240501T101112Z-002/pets/dog"), PETS
    ),
    "bitmaps and masks": Layout(
        in_folders("Img/Bmp/Sample001", "Img/Bmp/Sample002", "Img/Msk/Sample001", "Img/Msk/Sample002"),
        {"Sample001": UNSPLIT, "Sample002": UNSPLIT},
    ),
    "good and bad photos of numbered classes": Layout(
        in_folders("Good/Sample001", "Good/Sample002", "Bad/Sample001", "Bad/Sample002", count=3),
        {"Sample001": UNSPLIT, "Sample002": UNSPLIT},
        answers={"classes": "inner"},
    ),
    "batches": Layout(in_folders("batch 1/cat", "batch 1/dog", "batch 2/cat", "batch 2/dog", count=3), PETS),
    "one folder per annotator": Layout(
        in_folders("anna/cat", "anna/dog", "ben/cat", "ben/dog", "carl/cat", "carl/dog", count=2), PETS
    ),
    "albums of Google Photos": Layout(
        in_folders(
            "Takeout/Google Photos/Cats", "Takeout/Google Photos/Dogs", "Takeout/Google Photos/Photos from 2023"
        ),
        {"Cats": UNSPLIT, "Dogs": UNSPLIT},
        texts={"Takeout/Google Photos/Cats/1.jpg.json": "{}", "Takeout/Google Photos/Cats/metadata.json": "{}"},
    ),
    "macOS": Layout(
        in_folders("Pets/cat", "Pets/dog") | in_folders("__MACOSX/Pets/cat", "__MACOSX/Pets/dog", ending="/._{}.jpg"),
        PETS,
        texts={"Pets/.DS_Store": "x", "Pets/cat/.DS_Store": "x", "Pets/cat/Icon\r": "x"},
    ),
    "a file server and a notebook": Layout(
        in_folders("cat", "dog")
        | in_folders("cat/@eaDir/1.jpg", ending="/SYNOPHOTO_THUMB_M.jpg")
        | in_folders(".ipynb_checkpoints", ending="/{}-checkpoint.jpg"),
        PETS,
    ),
    "letters of both cases": Layout(in_folders("a", "A", "b"), {"a": UNSPLIT, "A": UNSPLIT, "b": UNSPLIT}),
    "synsets": Layout(
        in_folders("n01440764", "n02012849", "n03126707"),
        {"tench": UNSPLIT, "crane (n02012849)": UNSPLIT, "crane (n03126707)": UNSPLIT},
        texts={"LOC_synset_mapping.txt": SYNSETS},
    ),
    "synsets in JSON": Layout(
        in_folders("train/n01440764", "train/n01443537"),
        {"tench": UNSPLIT, "goldfish": UNSPLIT},
        texts={"imagenet_class_index.json": '{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}'},
    ),
    "classes within classes": Layout(
        in_folders("animals/cat", "animals/dog", "plants/oak", "plants/birch"),
        PETS | TREES,
        answers={"classes": "inner"},
    ),
    "conditions within classes": Layout(
        in_folders("oak/summer", "oak/winter", "birch/spring", "birch/autumn", count=3),
        TREES,
        answers={"classes": "outer"},
    ),
    "diseases of several plants": Layout(
        in_folders("apple/healthy", "apple/scab", "corn/healthy", "corn/rust"),
        {"apple / healthy": UNSPLIT, "apple / scab": UNSPLIT, "corn / healthy": UNSPLIT, "corn / rust": UNSPLIT},
        answers={"classes": "both"},
    ),
    "letters of several alphabets": Layout(
        in_folders("Greek/character01", "Greek/character02", "Latin/character01", "Latin/character02"),
        {f"{alphabet} / character0{n}": UNSPLIT for alphabet in ("Greek", "Latin") for n in (1, 2)},
        answers={"classes": "both"},
    ),
    "a class that is divided further": Layout(
        in_folders("cat", "dog", "vehicle/car", "vehicle/bus"),
        PETS | {"bus": UNSPLIT, "car": UNSPLIT},
        answers={"classes": "inner"},
    ),
    "folders of a level that says nothing": Layout(
        in_folders(
            "breast/benign/SOB/adenosis/40X",
            "breast/benign/SOB/fibrosis/100X",
            "breast/malignant/SOB/lobular/40X",
            "breast/malignant/SOB/ductal/100X",
            count=3,
        ),
        {"benign": UNSPLIT, "malignant": UNSPLIT},
        answers={"classes": "outer"},
    ),
    "numbers with names in a file": Layout(
        in_folders("train/1", "train/2") | in_folders("valid/1", "valid/2", count=2),
        SPLIT_PETS,
        texts={"cat_to_name.json": '{"1": "cat", "2": "dog", "3": "owl"}'},
    ),
    "numbered folders in all classes": Layout(
        in_folders("oak/1", "oak/2", "birch/1", "birch/2", count=3), TREES, groups=2, answers={"classes": "outer"}
    ),
}
CONFIRMED = {
    "a copy of the classes in a folder": Layout(
        in_folders("flowers/daisy", "flowers/rose", "flowers/flowers/daisy", "flowers/flowers/rose", count=3),
        {"daisy": UNSPLIT, "rose": UNSPLIT},
    ),
    "a class called test among others": Layout(
        in_folders("cat", "dog", "test"), PETS | {"test": UNSPLIT}, answers={"split": "class"}
    ),
    "what is still to be sorted": Layout(in_folders("cat", "dog", "_unsortiert"), PETS, answers={"split": "skip"}),
    "copies in German": Layout(
        in_folders("cat", "cat - Kopie", "dog", "Kopie von dog", count=3), PETS, answers={"numbers": "same"}
    ),
    "masks next to the classes": Layout(in_folders("cat", "dog", "masks", "thumbs"), PETS, answers={"split": "skip"}),
    "parts of a download": Layout(
        in_folders("HAM_images_part_1", "HAM_images_part_2"),
        {"HAM_images_part_1": UNSPLIT, "HAM_images_part_2": UNSPLIT},
        answers={"folders": "classes"},
    ),
    "days and conditions in one name": Layout(
        in_folders("2024-05-01_dry", "2024-05-01_wet", "2024-05-02_dry", "2024-05-02_wet", count=3),
        {"dry": UNSPLIT, "wet": UNSPLIT},
        groups=2,
        answers={"numbers": "same"},
    ),
    "copies of folders": Layout(
        in_folders("cat", "cat (2)", "dog", "dog - Copy", count=3), PETS, answers={"numbers": "same"}
    ),
    "altered copies in folders of their own": Layout(
        in_folders("Original/cat", "Original/dog", "Augmented/cat_augmented", "Augmented/dog_augmented", count=3),
        PETS,
        groups=6,
        answers={"numbers": "same"},
    ),
    "folders of persons": Layout(
        in_folders("person1", "person2"), {"person1": UNSPLIT, "person2": UNSPLIT}, answers={"folders": "classes"}
    ),
    "folders of cameras": Layout(
        in_folders("DCIM/100APPLE", "DCIM/101APPLE"),
        {"100APPLE": UNSPLIT, "101APPLE": UNSPLIT},
        answers={"folders": "classes"},
    ),
    "folders of years": Layout(
        in_folders("2023", "2024"), {"2023": UNSPLIT, "2024": UNSPLIT}, answers={"folders": "classes"}
    ),
    "classes with words of splits": Layout(
        in_folders("test strips", "training shoes"),
        {"test strips": UNSPLIT, "training shoes": UNSPLIT},
        answers={"folders": "classes"},
    ),
    "persons of a camera network": Layout(
        in_folders("bounding_box_train", "bounding_box_test", "query", ending="/0{}02_c1s1_000151_00.jpg"),
        {"bounding_box_test": UNSPLIT, "bounding_box_train": UNSPLIT, "query": UNSPLIT},
        answers={"folders": "classes"},
    ),
    "parts of patients": Layout(
        in_folders("patches/patient_004_node_4", "patches/patient_009_node_1"),
        {"patient_004_node_4": UNSPLIT, "patient_009_node_1": UNSPLIT},
        answers={"folders": "classes"},
    ),
    "images for unsupervised training": Layout(
        in_folders("train/cat", "train/dog", "train/unsup") | in_folders("test/cat", "test/dog", count=2),
        SPLIT_PETS,
        answers={"split": "skip"},
    ),
    "inputs and outputs": Layout(
        in_folders("input", "output"), {"input": UNSPLIT, "output": UNSPLIT}, answers={"folders": "classes"}
    ),
    "splits next to another folder": Layout(
        in_folders("train", "test", "unlabeled"),
        {"test": UNSPLIT, "train": UNSPLIT, "unlabeled": UNSPLIT},
        answers={"folders": "classes"},
    ),
}
