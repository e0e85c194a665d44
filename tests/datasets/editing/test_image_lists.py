"""Image lists as CSV and JSON: their content, and edits applied from them."""

import csv
import io
import json

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets import NO_CLASS
from imgcls.datasets.editing import image_lists
from imgcls.datasets.editing.image_lists import Change, Matched
from imgcls.errors import DatasetError
from imgcls.system import safe_csv
from tests.support.uploads import archive, image, imported, leaves


@pytest.fixture
def dataset(tmp_path):
    return datasets.open_dataset(imported(archive(tmp_path / "leaves.zip", leaves(("ash", "oak", "yew"), 11))))


def listed(dataset, rows=None):
    edits = datasets.edits_of(dataset)
    return image_lists.columns(dataset, edits, list(edits.labels) if rows is None else rows)


def labels(dataset) -> list[int]:
    return np.asarray(datasets.open_for_training(dataset.facts.name).y_train).tolist()


def applied(dataset, content: bytes) -> Matched:
    found = image_lists.matched(dataset, datasets.edits_of(dataset), image_lists.read(content))
    image_lists.apply(dataset, found)
    return found


@pytest.mark.parametrize("form", ["csv", "json"])
def test_edits_survive_a_file_round_trip(dataset, form):
    datasets.exclude(dataset, [0, 5])
    datasets.relabel(dataset, [6, 7], (int(dataset.y_train[7]) + 1) % 3)
    expected, content = labels(dataset), listed(dataset)
    file = image_lists.to_csv(content) if form == "csv" else image_lists.to_json(dataset, "edits", content)
    datasets.undo_all(dataset)
    assert labels(dataset) != expected
    found = applied(dataset, file)
    assert labels(dataset) == expected and found.count == 4 and not found.problems
    again = applied(dataset, file)
    assert (again.count, again.unchanged) == (0, 4)


def test_a_list_identifies_the_image_in_each_row(dataset):
    datasets.exclude(dataset, [3])
    position = len(dataset.y_train) + 1
    rows = list(csv.DictReader(io.StringIO(image_lists.to_csv(listed(dataset, [3, 4, position])).decode("utf-8-sig"))))
    assert tuple(rows[0]) == image_lists.COLUMNS
    assert [row["file"] for row in rows] == [
        dataset.records.name("train", 3),
        dataset.records.name("train", 4),
        dataset.records.name("test", 1),
    ]
    assert [row["part"] for row in rows] == ["train", "train", "test"]
    assert [row["row"] for row in rows] == ["3", "4", "1"]
    assert rows[0]["action"] == "exclude" and rows[1]["action"] == ""
    assert rows[0]["digest"] == image_lists.digest(dataset.x_train[3]) != rows[1]["digest"]
    assert rows[1]["label"] == dataset.facts.named(dataset.y_train[4])


def test_the_json_is_strict(dataset):
    content = image_lists.columns(dataset, datasets.edits_of(dataset), [1], {"score": np.array([np.nan])})
    found = json.loads(image_lists.to_json(dataset, "outliers", content), parse_constant=pytest.fail)
    assert found["images"][0]["score"] is None and found["images"][0]["row"] == 1
    assert (found["kind"], found["fingerprint"]) == ("outliers", dataset.fingerprint)


def test_images_are_found_by_pixels_if_names_are_missing_or_changed(dataset):
    rows = [2, 9]
    content = listed(dataset, rows)
    for names in (["", ""], ["elsewhere/a.png", "elsewhere/b.png"]):
        content["file"], content["action"] = names, ["exclude", "exclude"]
        applied(dataset, image_lists.to_csv(content))
        assert [label == NO_CLASS for label in labels(dataset)] == [row in rows for row in range(len(labels(dataset)))]
        datasets.undo_all(dataset)


def test_a_different_leading_folder_is_still_the_same_image(dataset):
    name = dataset.records.name("train", 4)
    for file in (f"C:\\data\\{name}".replace("/", "\\"), f"/home/ann/{name}", name.split("/", 1)[1]):
        found = image_lists.matched(dataset, datasets.edits_of(dataset), [Change(file, "", "exclude")])
        if "/" in file or "\\" in file:
            assert found.exclude == [4], file
        else:  # the same base name is in every folder
            assert list(found.problems) == ["match several training images"]


def test_a_list_is_applied_once_its_actions_are_filled_in(dataset):
    content = listed(dataset, [1, 2, 3])
    content["action"], content["new label"] = ["", "", ""], ["", "OAK", ""]
    content["action"][2] = "Exclude"
    text = image_lists.to_csv(content).decode("utf-8-sig").replace(",", ";")
    found = applied(dataset, text.encode())
    assert found.exclude == [3] and [len(rows) for rows in found.relabel.values()] in ([1], [])
    assert labels(dataset)[2] == dataset.facts.classes.index("oak")


def test_inapplicable_edits_are_counted_by_reason(dataset):
    changes = [
        Change("nowhere.png", "", "exclude"),
        Change(dataset.records.name("test", 0), "", "exclude"),
        Change(dataset.records.name("train", 0), "", "relabel", "no such tree"),
        Change("", image_lists.digest(dataset.x_test[1]), "exclude"),
    ]
    found = image_lists.matched(dataset, datasets.edits_of(dataset), changes)
    assert found.count == 0
    assert {reason: len(names) for reason, names in found.problems.items()} == {
        "are not in this dataset": 1,
        "are test images, which cannot be edited": 2,
        "have the label “no such tree”, which is not a class of this dataset": 1,
    }


def test_the_original_class_or_restore_undoes_an_edit(dataset):
    datasets.exclude(dataset, [0, 1])
    rows = [Change(dataset.records.name("train", 0), "", "relabel", dataset.facts.named(dataset.y_train[0]))]
    rows.append(Change(dataset.records.name("train", 1), "", "restore"))
    image_lists.apply(dataset, image_lists.matched(dataset, datasets.edits_of(dataset), rows))
    assert not datasets.edits_of(dataset).labels


def test_the_last_row_for_an_image_wins(dataset):
    name = dataset.records.name("train", 0)
    rows = [Change(name, "", "exclude"), Change(name, "", "restore")]
    found = image_lists.matched(dataset, datasets.edits_of(dataset), rows)
    assert (found.count, found.unchanged) == (0, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"{", "no list of images"),
        (b'{"images": [1]}', "no list of images"),
        (b"[" * 100_000, "no list of images"),
        (b"a,b\n1,2\n", "needs a column"),
        (b"file,action\na.png,burn\n", "“burn” is not an action"),
        (b"file,action\n,exclude\n", "neither a file nor a digest"),
        (b"file,action\na.png,relabel\n", "“new label” is empty"),
    ],
)
def test_an_invalid_list_gives_one_clear_error(content, said):
    with pytest.raises(DatasetError, match=said) as error:
        image_lists.read(content)
    assert "\n" not in str(error.value)


def test_an_empty_file_changes_nothing():
    assert image_lists.read(b"") == [] == image_lists.read(b"[]")


def test_a_formula_like_name_round_trips(tmp_path):
    assert all(safe_csv.original(safe_csv.harmless(text)) == text for text in ("=1+1", "'quoted'", "plain", "-x", ""))
    files = leaves(("ash", "oak"), 6) | {"oak/=cmd.png": image(900)}
    dataset = datasets.open_dataset(imported(archive(tmp_path / "leaves.zip", files), "Formulas", test_fraction=0.05))
    names = list(dataset.records.names["train"])
    row = next(row for row, name in enumerate(names) if "=cmd" in name)
    content = listed(dataset, [row])
    content["file"], content["action"] = ["=cmd.png"], ["exclude"]
    assert applied(dataset, image_lists.to_csv(content)).exclude == [row]


def test_a_multi_label_image_can_be_excluded_but_not_relabelled(tmp_path):
    from tests.support.importing.multilabel_uploads import listing, some, with_semicolons

    dataset = datasets.open_dataset(imported(listing(tmp_path, with_semicolons(some()))))
    name = dataset.records.name("train", 0)
    edits = datasets.edits_of(dataset)
    found = image_lists.matched(dataset, edits, [Change(name, "", "relabel", dataset.facts.classes[0])])
    assert list(found.problems) == ["cannot be relabelled, because the dataset is multi-label"]
    assert image_lists.matched(dataset, edits, [Change(name, "", "exclude")]).exclude == [0]
