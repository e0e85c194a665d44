"""Datasets whose classes are in lists next to the images: DeepFashion, ImageNet."""

import pytest

from benchmarks.support import layouts
from imgcls.errors import SourceError
from tests.datasets.importing.sources.test_layouts import counts, read

FASHION = layouts.ALL["groups: garments of DeepFashion"]


def fashion(tmp_path, **changes: str):
    return read(tmp_path, FASHION.paths(), FASHION.other_files() | changes)


def test_a_garment_is_a_group_and_validation_images_join_the_training_set(tmp_path):
    source = fashion(tmp_path)
    parts = {item.group: item.part for item in source.items}
    assert parts == {"Red_Blouse": "train", "Light_Blouse": "test", "Red_Anorak": "train", "Blue_Anorak": "train"}
    assert "The validation images of list_eval_partition.txt are used for training" in source.notes[0]


def test_images_that_are_not_listed_are_skipped(tmp_path):
    lists = FASHION.lists([path for path in FASHION.paths() if "Red_Blouse/img_1." not in path])
    source = fashion(tmp_path, **lists)
    assert counts(source)["Blouse"] == (5, 6, 0)
    assert [(row["reason"], row["count"]) for row in source.skipped.rows() if "list_category" in row["reason"]] == [
        ("not in list_category_img.txt, so without a class", 1)
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("img/Red_Blouse/img_1.jpg   9", "line 3 has the category '9'. Expected a number from 1 to 2."),
        ("img/Red_Blouse/img_1.jpg   x", "line 3 has the category 'x'"),
        ("img/Red_Blouse/img_1.jpg", "line 3 has one field"),
    ],
)
def test_an_unusable_list_names_the_line(line, said, tmp_path):
    with pytest.raises(SourceError) as caught:
        fashion(tmp_path, **{"Anno/list_category_img.txt": f"1\nimage_name  category_label\n{line}\n"})
    assert said in str(caught.value)


def test_the_imagenet_solution_file_labels_the_validation_images(tmp_path):
    paths = [f"ILSVRC/Data/CLS-LOC/train/n0144{k}/n_{n}.JPEG" for k in ("1111", "2222") for n in range(4)]
    paths += [f"ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_0000000{n}.JPEG" for n in range(1, 5)]
    rows = "".join(f"ILSVRC2012_val_0000000{n},n0144{'1111' if n % 2 else '2222'} 1 2 3 4\n" for n in range(1, 5))
    source = read(tmp_path, paths, {"LOC_val_solution.csv": f"ImageId,PredictionString\n{rows}"})
    assert counts(source) == {"n01441111": (4, 2, 0), "n01442222": (4, 2, 0)}
