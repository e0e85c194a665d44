"""Archives of phones, laboratories, photo software and well-known datasets, which no other file here has."""

from benchmarks.support.layouts.layout import PETS, SPLIT_PETS, TREES, UNSPLIT, Layout, in_folders

BROUGHT = {
    "class folders with spaces at the end": Layout(
        in_folders("pets/cat ", "pets/dog", count=3) | in_folders("pets/cat", "pets/dog ", count=3, ending="/b{}.jpg"),
        PETS,
    ),
    "emoji": Layout(in_folders("\U0001f431", "\U0001f436"), {"\U0001f431": UNSPLIT, "\U0001f436": UNSPLIT}),
    "scripts from right to left": Layout(in_folders("קטה", "كلب"), {"קטה": UNSPLIT, "كلب": UNSPLIT}),
    "two encodings of an accent in two splits": Layout(
        in_folders("train/cafe\u0301", "train/the\u0301") | in_folders("test/caf\u00e9", "test/th\u00e9", count=2),
        {"café": (6, 2, 0), "thé": (6, 2, 0)},
    ),
    "kingdom, family and species": Layout(
        in_folders("animalia/felidae/cat", "animalia/canidae/dog", "plantae/fagaceae/oak", "plantae/betulaceae/birch"),
        PETS | TREES,
        answers={"classes": "inner"},
    ),
    "an export of Lightroom": Layout(
        in_folders("Export", ending="/Oak-{}.jpg") | in_folders("Export", ending="/Birch-{}.jpg"),
        {"Oak": UNSPLIT, "Birch": UNSPLIT},
        texts={"Export/Oak-1.xmp": "<x/>", "Export/Trees.lrcat": "x"},
    ),
    "one folder of another name in each class": Layout(in_folders("cat/cat_images", "dog/dog_photos"), PETS),
    "live photos of an iPhone": Layout(
        in_folders("cat", "dog", ending="/IMG_{}.HEIC"), PETS, texts={"cat/IMG_1.MOV": "x", "dog/IMG_E2.AAE": "<x/>"}
    ),
    "Fruits-360": Layout(
        in_folders("fruits/Training/cat", "fruits/Training/dog", ending="/{}_100.jpg")
        | in_folders("fruits/Test/cat", "fruits/Test/dog", count=2, ending="/r_{}_100.jpg")
        | in_folders("fruits/test-multiple_fruits", count=5, ending="/apples{}.jpg"),
        SPLIT_PETS,
    ),
    "a split with a space at its end": Layout(
        in_folders("OCT2017 /train/cat", "OCT2017 /train/dog", ending="/CNV-10{}-1.jpeg")
        | in_folders("OCT2017 /test/cat", "OCT2017 /test/dog", count=2, ending="/CNV-99{}-1.jpeg"),
        SPLIT_PETS,
    ),
    "plates of a microscope": Layout(
        in_folders("Plate1/DMSO", "Plate1/Taxol", "Plate2/DMSO", "Plate2/Taxol", count=3, ending="/A0{}_f1.png"),
        {"DMSO": UNSPLIT, "Taxol": UNSPLIT},
        groups=2,
    ),
    "Edge Impulse": Layout(
        {f"{part}/{label}.{{}}b3c4d5e.jpg": count for part, count in (("training", 6), ("testing", 2))
         for label in ("cat", "dog")},
        SPLIT_PETS,
        texts={"info.labels": "{}"},
    ),
    "folders of years, months and days": Layout(
        in_folders("2024/05/01/oak", "2024/05/02/birch", "2024/06/11/oak", "2024/6/12/birch", count=3), TREES, groups=4
    ),
    "folders of months with their names": Layout(
        in_folders(
            *(f"Photos/{month}/{tree}" for month in ("2023/11 November", "2024/May") for tree in ("oak", "birch")),
            count=3,
        ),
        TREES,
        groups=2,
    ),
    "folders of days in a year": Layout(
        in_folders("oak/2024/2024-05-01", "oak/2024/2024-05-02", "birch/2024/2024-05-01", count=3)
        | in_folders("birch/2023/2023-01-01", count=3),
        TREES,
        groups=3,
    ),
    "photos by day without classes": Layout(
        in_folders("2024/05/01", "2024/05/02", ending="/IMG_{}.jpg"),
        {"01": UNSPLIT, "02": UNSPLIT},
        answers={"folders": "classes"},
    ),
    "unpacked parts of Google Drive": Layout(
        in_folders("oak-20240501T101112Z-001/oak", "oak-20240501T101112Z-002/oak", count=3)
        | in_folders("birch-20240501T101113Z-1-001/birch"),
        TREES,
    ),
}  # fmt: skip
