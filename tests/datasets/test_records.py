"""File names and groups next to the arrays: compact, memory-mapped, and never a reason for a dataset not to open."""

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets import store
from imgcls.datasets.store import records
from imgcls.datasets.store.records import MAX_NAME, Records, Texts
from imgcls.errors import DatasetError
from imgcls.system import paths
from tests.support.uploads import archive, grouped, imported, leaves


@pytest.mark.parametrize("texts", [[], [""], ["a", "", "b/ü/日本.jpg"], ["x" * 500] * 3])
def test_texts_round_trip(texts):
    stored = Texts.of(texts)
    assert list(stored) == texts and len(stored) == len(texts) and stored.is_sound
    assert stored[:2] == texts[:2]
    with pytest.raises(IndexError):
        stored[len(texts)]


def test_a_lone_surrogate_does_not_stop_an_import():
    assert list(Texts.of(["a\ud800b"])) == ["a?b"]


def test_a_long_name_is_shortened_at_the_start():
    name = "folder/" * 500 + "7.jpg"
    assert records.shortened(name).endswith("/7.jpg") and len(records.shortened(name)) == MAX_NAME
    assert records.shortened("7.jpg") == "7.jpg"


def test_names_and_groups_are_written_and_memory_mapped(tmp_path):
    groups = {"train": np.array([[0, 0], [1, 1], [-1, -1]], np.int32), "test": np.array([[1, 1]], np.int32)}
    written = Records({"train": ["a", "b", "c"], "test": ["d"]}, groups, ["Ann", "Bob"])
    records.write(tmp_path, written)
    found = records.read(tmp_path, {"train": 3, "test": 1}, has_groups=True)
    assert [found.name("train", row) for row in range(4)] == ["a", "b", "c", ""]
    assert [found.group("train", row) for row in range(3)] == ["Ann", "Bob", ""]
    assert found.units("test").tolist() == [1]
    assert isinstance(found.groups["train"], np.memmap) and isinstance(found.names["train"].content, np.memmap)


def test_sixty_thousand_names_take_little_space(tmp_path):
    names = [f"images/class_{number % 10}/IMG_{number:06}.jpg" for number in range(60_000)]
    records.write(tmp_path, Records({"train": names}))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 60_000 * (len(names[0]) + 10)
    assert records.read(tmp_path, {"train": 60_000}, has_groups=False).name("train", 59_999) == names[-1]


def test_damaged_names_are_ignored_and_the_dataset_opens(tmp_path):
    name = imported(archive(tmp_path / "leaves.zip", leaves()))
    folder = paths.own_folder() / name / "1"
    (folder / "names_train.npy").write_bytes(b"nothing")
    (folder / "name_offsets_test.npy").unlink()
    dataset = datasets.open_dataset(name)
    assert dataset.records.names == {} and dataset.records.name("train", 0) == ""


def test_names_for_a_different_image_count_are_ignored(tmp_path):
    records.write(tmp_path, Records({"train": ["a", "b"]}))
    assert records.read(tmp_path, {"train": 3}, has_groups=False).names == {}


def test_damaged_groups_are_reported_because_a_split_would_cut_them(tmp_path, monkeypatch):
    name = imported(grouped(tmp_path / "leaves.zip", monkeypatch))
    assert datasets.open_dataset(name).records.units("train") is not None
    np.save(paths.own_folder() / name / "1" / "groups_train.npy", np.zeros((2, 2), np.int32))
    with pytest.raises(DatasetError, match="is damaged"):
        datasets.open_dataset(name)


def test_a_built_in_dataset_has_no_names(digits):
    dataset = datasets.open_dataset(digits)
    assert dataset.records.name("train", 3) == "" and dataset.records.units("train") is None
    assert store.is_ready(digits)
    assert store.stored_bytes(digits) == sum(path.stat().st_size for path in store.folder_of(digits).glob("[xy]_*.npy"))
