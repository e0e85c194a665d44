"""The class in the file name."""

from benchmarks.support.layouts.layout import PETS, SPLIT_PETS, TREES, UNSPLIT, Layout

FILE_NAMES = {
    "class and number": Layout({"ship_{}.jpg": 6, "truck_{}.jpg": 6}, {"ship": UNSPLIT, "truck": UNSPLIT}),
    "as Windows renames files": Layout({"photos/oak ({}).jpg": 6, "photos/birch ({}).jpg": 6}, TREES),
    "inside splits, some without a class": Layout(
        {"train/cat.{}.jpg": 6, "train/dog.{}.jpg": 6, "test1/{}.jpg": 5}, PETS
    ),
    "inside splits": Layout(
        {"train/cat_{}.jpg": 6, "train/dog_{}.jpg": 6, "test/cat_{}.jpg": 2, "test/dog_{}.jpg": 2}, SPLIT_PETS
    ),
    "number first": Layout({"{}-cat.png": 6, "{}_dog.png": 6}, PETS),
    "number, then the class in parentheses": Layout({"{} (cat).jpg": 6, "{} (dog).jpg": 6}, PETS),
    "day, class and number": Layout(
        {"20240501_cat_{}.jpg": 3, "20240502_cat_{}.jpg": 3, "20240501_dog_{}.jpg": 6, "cover.jpg": 1}, PETS
    ),
    "split, class and number": Layout(
        {"train_cat_{}.jpg": 6, "train_dog_{}.jpg": 6, "test_cat_{}.jpg": 2, "test_dog_{}.jpg": 2}, SPLIT_PETS
    ),
    "subject and class": Layout(
        {f"subject0{who}.{what}_{{}}.png": 3 for who in (1, 2) for what in ("cat", "dog")},
        PETS,
        groups=2,
        answers={"numbers": "same"},
    ),
    "inside groups": Layout(
        {f"subject_{who}/{what}_{{}}.jpg": 3 for who in (1, 2) for what in ("cat", "dog")}, PETS, groups=2
    ),
    "images and masks": Layout(
        {"images/cat_{}.jpg": 6, "images/dog_{}.jpg": 6, "masks/cat_{}.png": 6, "masks/dog_{}.png": 6}, PETS
    ),
    "one word of several": Layout(
        {"images/american_bulldog_{}.jpg": 6, "images/american_pit_bull_{}.jpg": 6, "images/Bombay_{}.jpg": 6},
        {"american_bulldog": UNSPLIT, "american_pit_bull": UNSPLIT, "Bombay": UNSPLIT},
        answers={"file-names": "before"},
    ),
    "person, emotion and number": Layout(
        {f"{who}.{what}{{}}.{n}.tiff": 3 for n, who in enumerate(("KA", "KL", "KM")) for what in ("AN", "HA")},
        {"AN": (0, 0, 9), "HA": (0, 0, 9)},
        answers={"file-names": "part-2"},
    ),
    "digit, speaker and number": Layout(
        {f"{digit}_{who}_{{}}.png": 3 for digit in (3, 7) for who in ("ada", "ben")},
        {"3": UNSPLIT, "7": UNSPLIT},
        answers={"file-names": "digit"},
    ),
    "numbers of classes inside splits": Layout(
        {
            f"{part}/{n}_{{}}.jpg": count
            for part, count in (("training", 6), ("evaluation", 2), ("validation", 2))
            for n in (0, 1)
        },
        {"0": (8, 2, 0), "1": (8, 2, 0)},
        answers={"file-names": "number"},
    ),
    "digits": Layout(
        {f"{digit}_{{}}.png": 6 for digit in (3, 7)}, {"3": UNSPLIT, "7": UNSPLIT}, answers={"file-names": "number"}
    ),
}
