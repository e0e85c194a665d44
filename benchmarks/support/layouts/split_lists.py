"""Classes in folders, and lists next to them that say which images are for testing: every third one here."""

import json
from collections.abc import Callable

from benchmarks.support.layouts.layout import Layout, in_folders


def is_test(path: str) -> bool:
    """Whether the number at the end of the path is divisible by 3."""
    return int("".join(filter(str.isdigit, path.rpartition("/")[2]))) % 3 == 0


def names(paths: list[str], root: str) -> list[str]:
    """The paths below a folder, without extension."""
    return [path.removeprefix(root).rpartition(".")[0] for path in paths]


def two_lists(
    root: str, train: str, test: str, line: Callable[[str], str] = str
) -> Callable[[list[str]], dict[str, str]]:
    """A file with the names of the training images, and one with those of the test images."""

    def lists(paths: list[str]) -> dict[str, str]:
        parts = {train: False, test: True}
        return {
            file: "\n".join(line(name) for name in names(paths, root) if is_test(name) == wanted)
            for file, wanted in parts.items()
        }

    return lists


def in_json(paths: list[str]) -> dict[str, str]:
    """Food-101's lists by class."""
    found: dict[str, dict[str, list[str]]] = {"train": {}, "test": {}}
    for name in names(paths, "food-101/images/"):
        found["test" if is_test(name) else "train"].setdefault(name.split("/")[0], []).append(name)
    return {f"food-101/meta/{part}.json": json.dumps(lists) for part, lists in found.items()}


def cub(paths: list[str]) -> dict[str, str]:
    """The lists of CUB-200, which refer to images by number."""
    short = [path.removeprefix("CUB_200_2011/images/") for path in paths]
    classes = list(dict.fromkeys(path.split("/")[0] for path in short))
    lines: dict[str, list[str]] = {
        "images.txt": short,
        "image_class_labels.txt": [str(classes.index(path.split("/")[0]) + 1) for path in short],
        "train_test_split.txt": [str(int(not is_test(path))) for path in short],
        "bounding_boxes.txt": ["1.0 1.0 6.0 6.0"] * len(short),
        "classes.txt": classes,
    }
    return {
        f"CUB_200_2011/{name}": "\n".join(f"{number} {value}" for number, value in enumerate(values, 1))
        for name, values in lines.items()
    }


def ten_splits(paths: list[str]) -> dict[str, str]:
    """Two of the splits of DTD. They differ, so the user must choose."""
    first = two_lists("dtd/images/", "dtd/labels/train1.txt", "dtd/labels/test1.txt", "{}.jpg".format)(paths)
    other = list(first.values())
    numbers = [sorted("\n".join(other).split(), key=len)[start::3] for start in range(3)]
    second = {"dtd/labels/train2.txt": numbers[0] + numbers[1], "dtd/labels/test2.txt": numbers[2]}
    return first | {name: "\n".join(lines) for name, lines in second.items()}


DISHES = in_folders("food-101/images/apple_pie", "food-101/images/waffles")
SPLIT_DISHES = {"apple_pie": (4, 2, 0), "waffles": (4, 2, 0)}
BIRDS = ("001.Black_footed_Albatross", "002.Laysan_Albatross")

SPLIT_LISTS = {
    "Food-101 as text": Layout(
        DISHES, SPLIT_DISHES, lists=two_lists("food-101/images/", "food-101/meta/train.txt", "food-101/meta/test.txt")
    ),
    "Food-101 as JSON": Layout(DISHES, SPLIT_DISHES, lists=in_json),
    "CUB-200": Layout(
        in_folders(*(f"CUB_200_2011/images/{name}" for name in BIRDS), ending="/Albatross_{}.jpg"),
        dict.fromkeys(BIRDS, (4, 2, 0)),
        lists=cub,
    ),
    "trainval and test": Layout(
        {"images/Abyssinian_{}.jpg": 6, "images/beagle_{}.jpg": 6},
        {"Abyssinian": (4, 2, 0), "beagle": (4, 2, 0)},
        lists=two_lists("images/", "annotations/trainval.txt", "annotations/test.txt", "{} 1 1 1".format),
    ),
    "several splits": Layout(
        in_folders("dtd/images/banded", "dtd/images/dotted"),
        {"banded": (4, 2, 0), "dotted": (4, 2, 0)},
        answers={"split_files": "1"},
        lists=ten_splits,
    ),
}
