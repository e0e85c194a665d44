"""Saved drawings that become a dataset one by one: when it exists, its content, and that nothing is lost."""

import threading

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets.importing import drawings
from imgcls.errors import SourceError
from imgcls.system import paths

NAME = drawings.NAME


def drawn(seed: int) -> np.ndarray:
    """A different drawing for each seed."""
    return np.random.default_rng(seed).integers(0, 256, drawings.SHAPE, dtype=np.uint8)


def keep(label: str, seeds) -> drawings.Collection:
    for seed in seeds:
        found = drawings.add(drawn(seed), label)
    return found


def test_without_drawings_there_is_no_dataset(own_folders):
    found = drawings.collection()
    assert found.total == 0
    assert not found.is_ready
    assert NAME not in datasets.names()


def test_two_classes_of_three_drawings_are_a_trainable_dataset():
    assert not keep("7", range(3)).is_ready
    assert "two classes have 3" in keep("1", (10, 11)).missing
    assert NAME not in datasets.names()
    found = keep("1", (12,))
    assert found.is_ready
    assert found.counts == {"1": 3, "7": 3}
    assert found.missing == ""
    dataset = datasets.open_dataset(NAME)
    assert dataset.facts.title == "My drawings"
    assert dataset.facts.classes == ("1", "7")
    assert dataset.facts.ink
    assert dataset.facts.fit == ""
    assert (len(dataset.x_train), len(dataset.x_test)) == (4, 2)
    whole = np.concatenate([dataset.x_train, dataset.x_test])
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    for label, seeds in ((1, range(3)), (0, (10, 11, 12))):
        assert {image.tobytes() for image in whole[labels == label]} == {drawn(seed).tobytes() for seed in seeds}


def test_a_drawing_stays_in_its_split_as_others_are_added():
    keep("7", range(5))
    keep("1", range(20, 25))
    before = {image.tobytes() for image in datasets.open_dataset(NAME).x_test}
    keep("7", range(5, 15))
    dataset = datasets.open_dataset(NAME)
    assert before <= {image.tobytes() for image in dataset.x_test}
    assert len(dataset.x_train) + len(dataset.x_test) == 20
    assert 3 <= len(dataset.x_test) <= 5


def test_a_class_with_too_few_drawings_is_added_once_it_has_enough():
    keep("7", range(3))
    keep("1", range(20, 23))
    assert keep("heart", (30, 31)).counts == {"1": 3, "7": 3, "heart": 2}
    assert datasets.facts(NAME).classes == ("1", "7")
    keep("HEART", (32,))  # one class, regardless of spelling
    assert datasets.facts(NAME).classes == ("1", "7", "heart")
    assert sum(datasets.facts(NAME).counts) == 9


def test_an_identical_drawing_is_stored_once_per_class():
    keep("7", (0, 0, 0))
    assert drawings.collection().counts == {"7": 1}
    assert keep("1", (0,)).counts == {"1": 1, "7": 1}


def test_a_drawing_can_be_undone_even_below_the_minimum_dataset_size():
    keep("7", range(3))
    keep("1", range(20, 24))
    assert drawings.remove(drawn(20), "1").counts == {"1": 3, "7": 3}
    assert datasets.is_ready(NAME)
    found = drawings.remove(drawn(0), "7")
    assert found.counts == {"1": 3, "7": 2}
    assert not found.is_ready
    assert NAME not in datasets.names()
    assert drawings.collection().counts == {"1": 3, "7": 2}
    assert keep("7", (5,)).is_ready
    assert sum(datasets.facts(NAME).counts) == 6


def test_a_crash_between_two_writes_duplicates_no_drawing(monkeypatch):
    keep("7", range(3))
    keep("1", range(20, 22))
    written = []

    def dies(path, *args):
        written.append(path)
        if len(written) == 2:
            raise KeyboardInterrupt
        return whole(path, *args)

    whole = drawings._write_waiting
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(drawings, "_write_waiting", dies)
        keep("1", (22,))
    assert drawings.collection().counts == {"1": 3, "7": 3}
    assert keep("1", (23,)).counts == {"1": 4, "7": 3}


def test_concurrent_visitors_lose_no_drawings():
    def visitor(first):
        keep("7" if first % 20 else "1", range(first, first + 5))

    threads = [threading.Thread(target=visitor, args=(first,)) for first in (0, 25, 45)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawings.collection().counts == {"1": 5, "7": 10}


def test_a_reader_during_a_write_sees_the_new_state(monkeypatch):
    keep("1", range(3))
    keep("7", range(20, 23))
    read, kept = drawings.dataset_writer.stored_chunks, []

    def late(own, part):  # this version is replaced between reading its card and its images
        if not kept:
            kept.append(part)
            keep("7", (30,))
        return read(own, part)

    monkeypatch.setattr(drawings.dataset_writer, "stored_chunks", late)
    assert drawings.collection().total == 7


def test_a_hostile_class_name_is_stored_as_displayed():
    keep("<b>$x$</b>\n../..", range(3))
    keep("1", range(20, 23))
    assert datasets.facts(NAME).classes == ("1", "<b>$x$</b>␊../..")
    assert [entry.name for entry in paths.own_folder().iterdir() if not entry.name.startswith(".")] == [NAME]


@pytest.mark.parametrize("label", ["", "   ", "x" * 61])
def test_a_class_without_a_name_is_refused(label):
    with pytest.raises(SourceError, match="name has 1 to 60"):
        drawings.add(drawn(0), label)


def test_the_number_of_drawings_is_limited(monkeypatch):
    monkeypatch.setattr(drawings, "MAX_DRAWINGS", 2)
    keep("7", (0, 1))
    with pytest.raises(SourceError, match="already 2 drawings"):
        keep("7", (2,))
    assert drawings.collection().total == 2


def test_a_truncated_file_gives_one_clear_error():
    keep("7", (0,))
    path = paths.own_folder() / NAME / "waiting.npz"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(SourceError, match=r"waiting\.npz .* damaged"):
        drawings.collection()


def test_deleting_the_dataset_deletes_the_drawings():
    keep("7", range(3))
    keep("1", range(20, 23))
    keep("2", (40,))
    datasets.delete_custom(NAME)
    assert drawings.collection().total == 0
    assert keep("2", (41,)).counts == {"2": 1}


def test_another_dataset_with_that_title_is_kept(tmp_path):
    from tests.support.uploads import archive, imported, leaves

    name = imported(archive(tmp_path / "a.zip", leaves()), "My drawings")
    assert name == NAME
    with pytest.raises(SourceError, match="does not consist of drawings"):
        keep("7", (0,))
    assert datasets.open_dataset(NAME).facts.classes == ("birch", "oak")
