"""Datasets whose classes or splits are in lists next to the images: DeepFashion, ImageNet, CUB-200, CelebA."""

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


def celeba(tmp_path, header: str = "", separator: str = " ", ending: str = "txt", **answers: str):
    names = [f"{number:06}.jpg" for number in range(1, 25)]
    flags = [(number % 2, int(number % 3 == 0), int(number % 4 == 0)) for number in range(24)]
    rows = [
        separator.join([name, *("1" if flag else "-1" for flag in of)]) for name, of in zip(names, flags, strict=True)
    ]
    attributes = separator.join([*([header] if header else []), "Smiling", "Male", "Young"])
    texts = {
        f"list_attr_celeba.{ending}": "\n".join([*([] if header else ["24"]), attributes, *rows]),
        f"list_eval_partition.{ending}": "\n".join(
            separator.join([name, "0" if number < 16 else "1" if number < 20 else "2"])
            for number, name in enumerate(names)
        ),
        "identity_CelebA.txt": "\n".join(f"{name} {100 + number // 3}" for number, name in enumerate(names)),
        f"list_bbox_celeba.{ending}": f"24\nimage_id x_1 y_1 width height\n{names[0]} 95 71 226 313\n",
    }
    return read(tmp_path, [f"img_align_celeba/{name}" for name in names], texts, **answers)


@pytest.mark.parametrize(("header", "separator", "ending"), [("", " ", "txt"), ("image_id", ",", "csv")])
def test_celeba_has_attributes_as_labels_persons_as_groups_and_its_own_split(header, separator, ending, tmp_path):
    source = celeba(tmp_path, header, separator, ending)
    assert source.is_multilabel and len(source.items) == 24
    third = source.items[3]
    assert (third.name, third.label, third.group) == ("img_align_celeba/000004.jpg", ("Smiling", "Male"), "101")
    assert [item.part for item in source.items] == ["train"] * 20 + ["test"] * 4


def test_a_split_from_lists_can_be_refused(tmp_path):
    source = celeba(tmp_path, split_files="none")
    assert {item.part for item in source.items} == {""}


def test_cub_boxes_can_be_cropped(tmp_path):
    birds = layouts.ALL["lists: CUB-200"]
    source = read(tmp_path, birds.paths(), birds.other_files(), boxes="crops")
    assert {item.box for item in source.items} == {(1.0, 1.0, 7.0, 7.0)}
    assert counts(source) == birds.expected()


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("train_test_split.txt", "1 2", "train_test_split.txt, line 1 is '1 2'. Expected a number and its value."),
        ("image_class_labels.txt", "1", "image_class_labels.txt, line 1 is '1'"),
        ("bounding_boxes.txt", "1 1.0 2.0", "bounding_boxes.txt, line 1"),
        ("image_class_labels.txt", "2 1", "image_class_labels.txt has no class for image 1"),
    ],
)
def test_an_unusable_list_of_cub_names_the_line(name, line, said, tmp_path):
    birds = layouts.ALL["lists: CUB-200"]
    with pytest.raises(SourceError) as caught:
        read(tmp_path, birds.paths(), birds.other_files() | {f"CUB_200_2011/{name}": line})
    assert said in str(caught.value)


def test_lists_that_name_few_of_the_images_do_not_split_them_and_a_note_says_so(tmp_path):
    paths = [f"{name}/{number}.jpg" for name in ("oak", "birch") for number in range(6)]
    lists = {"train.txt": "oak/0\nbirch/0\noak/1", "test.txt": "oak/2\nbirch/2\n"}
    source = read(tmp_path, paths, lists)
    assert counts(source) == {"oak": (0, 0, 6), "birch": (0, 0, 6)}
    assert source.notes == ["The split in 'test.txt' and 'train.txt' is ignored: it has only 5 of 12 images."]


def test_images_outside_the_lists_of_a_split_are_skipped(tmp_path):
    paths = [f"{name}/{number}.jpg" for name in ("oak", "birch") for number in range(12)]
    lists = {"train.txt": "\n".join(path for path in paths[:-1] if "1.jpg" not in path), "test.txt": "oak/1\nbirch/1"}
    source = read(tmp_path, paths, lists)
    assert {row["reason"] for row in source.skipped.rows()} >= {"in none of the lists of the split"}
    assert counts(source) == {"oak": (10, 1, 0), "birch": (10, 1, 0)}


def test_lists_that_overlap_are_no_split(tmp_path):
    paths = [f"{name}/{number}.jpg" for name in ("oak", "birch") for number in range(6)]
    lists = {"train.txt": "\n".join(paths), "test.txt": "\n".join(paths[::2])}
    assert counts(read(tmp_path, paths, lists)) == {"oak": (0, 0, 6), "birch": (0, 0, 6)}


def test_numbered_folders_get_their_names_from_the_data_yaml_beside_them(tmp_path):
    paths = [f"{part}/{number}/{image}.png" for part in ("train", "val") for number in range(2) for image in range(4)]
    assert set(counts(read(tmp_path, paths, {"data.yaml": "nc: 2\nnames: ['cat', 'dog']\n"}))) == {"cat", "dog"}
