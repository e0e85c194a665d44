"""Tables next to images, of which some say the classes, and others the split or what belongs together."""

import json
from collections.abc import Callable

from benchmarks.support.layouts.layout import PETS, UNSPLIT, Layout, in_folders

IN_FOLDERS = in_folders("cat", "dog")
FLAT = {"photos/cat-{}.jpg": 6, "photos/dog-{}.jpg": 6}
SPLIT = {"cat": (4, 2, 0), "dog": (4, 2, 0)}
Lists = Callable[[list[str]], dict[str, str | bytes]]


def number(path: str) -> int:
    return int("".join(filter(str.isdigit, path.rpartition("/")[2])))


def pet(path: str) -> str:
    return "cat" if "cat" in path else "dog"


def part(path: str, names: tuple[str, str] = ("train", "test")) -> str:
    return names[number(path) % 3 == 0]


def table(file: str, header: str, row: Callable[[str], tuple]) -> Lists:
    """A CSV table with a row per image."""
    return lambda paths: {
        file: "\n".join([*filter(None, [header]), *(",".join(map(str, row(path))) for path in paths)])
    }


def lists_of_parts(paths: list[str]) -> dict[str, str | bytes]:
    return {
        "splits.json": json.dumps({name: [path for path in paths if part(path) == name] for name in ("train", "test")})
    }


def leaves(paths: list[str]) -> dict[str, str | bytes]:
    return {"leaf-map.json": json.dumps({path: [f"leaf{number(path) // 4}:{pet(path) == 'cat':d}"] for path in paths})}


def small_tables(paths: list[str]) -> dict[str, str | bytes]:
    """A table per part, whose names do not tell it from a list of classes."""
    rows = {
        name: [f"{path.rpartition('/')[2]},{number(path) % 3}" for path in paths if path.startswith(name)]
        for name in ("train", "test")
    }
    return {f"{name}/labels.csv": "\n".join(["image,label", *of]) for name, of in rows.items()}


def boxes_of_one_class(paths: list[str]) -> dict[str, str | bytes]:
    """COCO's description of where the object is in each image of a class folder."""
    images = [{"id": place, "file_name": path} for place, path in enumerate(paths)]
    annotations = [
        {"id": place, "image_id": place, "category_id": 1, "bbox": [1, 1, 6, 6]} for place in range(len(paths))
    ]
    categories = [{"id": 1, "name": "animal"}]
    return {"a.json": json.dumps({"images": images, "annotations": annotations, "categories": categories})}


def class_numbers(file: str, names: str, first: int = 0) -> Lists:
    """A table of numbers of classes, and their names in another file."""
    numbers = table("train.csv", "file,label", lambda path: (path, first + (pet(path) == "dog")))
    return lambda paths: {**numbers(paths), file: names}


HUGGING_FACE = """---
dataset_info:
  features:
  - name: label
    dtype:
      class_label:
        names:
          '0': cat
          '1': dog
---
"""


def of_isic(paths: list[str]) -> dict[str, str | bytes]:
    """A table with a column of 0.0 and 1.0 per diagnosis, and one with the lesion of each image."""
    truth = "".join(f"{name(path)},{float(pet(path) == 'cat')},{float(pet(path) == 'dog')}\n" for path in paths)
    about = "".join(f"{name(path)},torso,{'fm'[number(path) % 2]},L{pet(path)}{number(path) // 2}\n" for path in paths)
    return {
        "GroundTruth.csv": f"image,cat,dog\n{truth}",
        "Metadata.csv": f"image,anatom_site_general,sex,lesion_id\n{about}",
    }


def name(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".jpg")


TABLES = {
    "phases next to class folders": Layout(
        IN_FOLDERS, SPLIT, lists=table("list.csv", "image,phase", lambda it: (it, part(it)))
    ),
    "lists of parts in JSON": Layout(IN_FOLDERS, SPLIT, lists=lists_of_parts),
    "patients next to class folders": Layout(
        IN_FOLDERS,
        PETS,
        groups=8,
        lists=table("metadata.csv", "file,patient_id", lambda it: (it, f"P{pet(it)[0]}{number(it) // 2}")),
    ),
    "cameras next to class folders": Layout(
        IN_FOLDERS,
        PETS,
        answers={"classes_from": "folders"},
        lists=table("meta.csv", "file,camera", lambda it: (it, ("Canon", "Nikon")[number(it) % 2])),
    ),
    "leaves next to class folders": Layout(IN_FOLDERS, PETS, answers={"classes_from": "folders"}, lists=leaves),
    "part, file and class without a header": Layout(  # classes that seem to count the rows
        {"photos/{}.png": 18},
        {str(n): (4, 2, 0) for n in range(3)},
        lists=table(
            "pathmnist.csv",
            "",
            lambda it: (("TRAIN", "TEST")[(number(it) - 1) // 3 % 3 == 2], it, (number(it) - 1) % 3),
        ),
    ),
    "parts called dev and holdout": Layout(
        FLAT, SPLIT, lists=table("a.csv", "file,label,split", lambda it: (it, pet(it), part(it, ("train", "holdout"))))
    ),
    "unusual words for parts": Layout(
        FLAT,
        SPLIT,
        answers={"test_value": "late"},
        lists=table("a.csv", "file,label,split", lambda it: (it, pet(it), part(it, ("early", "late")))),
    ),
    "numbers that repeat in the folder for testing": Layout(
        {"train/{}.jpg": 12, "test/{}.jpg": 12},
        {"even": UNSPLIT, "odd": UNSPLIT},
        lists=lambda paths: {
            "trainLabels.csv": "id,label\n"
            + "".join(f"{number(path)},{('even', 'odd')[number(path) % 2]}\n" for path in paths if "train" in path)
        },
    ),
    "a table per diagnosis, and one of lesions": Layout(FLAT, PETS, groups=8, answers={"table": "1"}, lists=of_isic),
    "persons": Layout(
        {"photos/{}.jpg": 12},
        {"p0": UNSPLIT, "p1": UNSPLIT},
        answers={"label_column": "person_id"},
        lists=table("who.csv", "file,person_id", lambda it: (it, f"p{number(it) % 2}")),
    ),
    "names of two parts": Layout(
        {"photos/{}.jpg": 12},
        {"apple | healthy": UNSPLIT, "apple | scab": UNSPLIT},
        answers={"several_labels": "one"},
        lists=table("a.csv", "file,label", lambda it: (it, f"apple | {('healthy', 'scab')[number(it) % 2]}")),
    ),
    "a label of 0 and 1 among other columns of 0 and 1": Layout(
        FLAT,
        {"0": UNSPLIT, "1": UNSPLIT},
        lists=table("a.csv", "file,label,night", lambda it: (it, int(pet(it) == "dog"), number(it) % 2)),
    ),
    "rows without a part": Layout(
        FLAT,
        SPLIT,
        lists=table("a.csv", "file,label,split", lambda it: (it, pet(it), "" if number(it) % 3 == 1 else part(it))),
    ),
    "lists of one label": Layout(FLAT, PETS, lists=table("a.csv", "file,label", lambda it: (it, f"['{pet(it)}']"))),
    "boxes of one class in class folders": Layout(IN_FOLDERS, PETS, lists=boxes_of_one_class),
    "class numbers from 1": Layout(FLAT, PETS, lists=class_numbers("classes.txt", "cat\ndog\n", 1)),
    "class numbers of which a list does not tell the first": Layout(
        FLAT, {"1": UNSPLIT, "2": UNSPLIT}, lists=class_numbers("classes.txt", "cat\ndog\nowl\n", 1)
    ),
    "class names in a model's configuration": Layout(
        FLAT, PETS, lists=class_numbers("config.json", json.dumps({"id2label": {"0": "cat", "1": "dog"}}))
    ),
    "class names in the description of a dataset": Layout(FLAT, PETS, lists=class_numbers("README.md", HUGGING_FACE)),
    "small tables of class numbers": Layout(
        {"train/images/{}.jpg": 12, "test/images/{}.jpg": 6}, {str(n): (4, 2, 0) for n in range(3)}, lists=small_tables
    ),
}
