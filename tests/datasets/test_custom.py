"""Imported datasets: images can be added, names changed, and datasets deleted."""

import json

import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError
from imgcls.system import paths
from tests.support.uploads import archive, imported, leaves, visible


def test_images_are_added_and_existing_ones_keep_their_split(tmp_path):
    name = imported(archive(tmp_path / "one.zip", leaves()))
    before = datasets.open_dataset(name)
    card = datasets.dataset_stamp(name)
    files = leaves(("Birch", "pine"), 6, first=3)  # birch 3 and 4 exist already
    assert imported(archive(tmp_path / "two.zip", files), into=name) == name

    after = datasets.open_dataset(name)
    assert after.facts.classes == ("birch", "oak", "pine")
    assert len(after.y_train) + len(after.y_test) == 22
    assert np.array_equal(after.x_train[: len(before.y_train)], before.x_train)
    assert np.array_equal(after.y_test[: len(before.y_test)], before.y_test)
    train, test = ({array.tobytes() for array in part} for part in (after.x_train, after.x_test))
    assert not train & test
    assert after.fingerprint != before.fingerprint and datasets.dataset_stamp(name) != card
    assert before.x_train.sum() > 0  # readers of the old version are not disturbed
    assert sorted(path.name for path in (paths.own_folder() / name).iterdir()) == ["2", "dataset.json", "label.json"]


def test_name_and_note_can_be_changed_and_titles_stay_unique(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves())
    first, second = imported(order), imported(order, "Leaves, again")
    datasets.describe_custom(first, "  Old   leaves ", "A note")
    assert (datasets.facts(first).title, datasets.facts(first).text) == ("Old leaves", "A note")
    datasets.describe_custom(second, "a\u202eb\nc\0", "")
    assert datasets.facts(second).title == "a b c"
    with pytest.raises(DatasetError, match="There is already a dataset called “old LEAVES”"):
        datasets.describe_custom(second, "old LEAVES", "")
    with pytest.raises(DatasetError, match="There is already a dataset called “MNIST”"):
        imported(order, "MNIST")
    with pytest.raises(DatasetError, match="needs a name"):
        imported(order, " \n ")
    third = imported(order, "Leaves")  # its first title is available again, its folder is not
    assert (first, third) == ("own-leaves", "own-leaves-2")


def test_links_to_a_deleted_dataset_report_it(tmp_path):
    name = imported(archive(tmp_path / "leaves.zip", leaves()))
    datasets.exclude(datasets.open_dataset(name), [0])
    datasets.delete_custom(name)
    datasets.delete_custom(name)  # a second click
    assert name not in datasets.names() and visible() == []
    with pytest.raises(DatasetError, match="is no longer on this machine: it was deleted"):
        datasets.open_dataset(name)


@pytest.mark.parametrize("name", ["own-../x", "own-", "own-a/b", "own-A", "own-" + "a" * 100, "own-a\n"])
def test_an_invalid_name_never_becomes_a_path(name):
    assert not datasets.is_custom(name)
    with pytest.raises(DatasetError):
        datasets.facts(name)
    with pytest.raises(DatasetError):
        datasets.delete_custom(name)


@pytest.mark.parametrize("corruption", ["card", "label", "arrays", "strange"])
def test_a_damaged_dataset_is_skipped_or_reported_and_others_work(corruption, tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves())
    bad, good = imported(order), imported(order, "Good")
    folder = paths.own_folder() / bad
    if corruption == "arrays":
        (folder / "1" / "x_train.npy").write_bytes(b"short")
        with pytest.raises(DatasetError, match="Leaves is damaged"):
            datasets.open_dataset(bad)
        with pytest.raises(DatasetError, match="Leaves is damaged"):
            datasets.prepare(bad)
        assert not datasets.is_available(bad)
    else:
        files = {"card": ("dataset.json", "{"), "label": ("label.json", "[]")}
        file, text = files.get(corruption, ("dataset.json", json.dumps({"classes": ["a"], "shape": [1, 1, 9]})))
        (folder / file).write_text(text)
        assert bad not in datasets.names()
        with pytest.raises(DatasetError, match="is damaged"):
            datasets.facts(bad)
    assert len(datasets.open_dataset(good).y_train) == 8
