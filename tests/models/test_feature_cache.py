"""The feature cache: entries are found by their key, complete or absent, and limited in size."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from imgcls.errors import WeightsError
from imgcls.models import feature_cache
from imgcls.models.feature_cache.entry import Entry
from imgcls.system import paths

ROWS = np.arange(10)


def store(name: str, rows: np.ndarray | int = 10, width: int = 4, *, used: float = 0.0) -> dict:
    """Stores features that were last used `used` seconds ago, each the number of its image; returns their key."""
    key = {"data": name}
    rows = np.arange(rows) if isinstance(rows, int) else rows
    with feature_cache.storing(key, rows, 1, width) as writer:
        writer.write(0, writer.missing, values(writer.missing, width))
    os.utime(feature_cache.find(key, rows).folder, (time.time() - used,) * 2)
    return key


def values(rows: np.ndarray, width: int = 4) -> np.ndarray:
    return np.repeat(rows[:, None], width, axis=1).astype(np.float32)


def folder_of(key: dict) -> Path:
    (folder,) = feature_cache.root_folder().iterdir()
    assert feature_cache.entries(key)[0].folder == folder
    return folder


def everything() -> list[str]:
    return sorted(path.name for path in feature_cache.root_folder().glob("*"))


def test_stored_features_are_found_again():
    key = store("a")
    found = feature_cache.find(key, np.array([2, 7]))
    assert found.features.shape == (1, 10, 4)
    assert np.array_equal(found.features[0], values(ROWS))
    assert feature_cache.find({"data": "b"}, ROWS) is None
    assert feature_cache.find(key, np.array([9, 10])) is None
    assert feature_cache.total_bytes() > 160
    assert len(everything()) == 1


def test_the_key_depends_on_every_value_but_not_on_their_order():
    def stored(key: dict) -> bool:
        return feature_cache.find(key, ROWS) is not None

    with feature_cache.storing({"a": 1, "b": None}, ROWS, 1, 4) as writer:
        writer.write(0, ROWS, values(ROWS))
    assert stored({"b": None, "a": 1})
    assert not stored({"a": 1, "b": 0})


def test_more_images_add_to_what_is_known():
    key = store("a", np.array([3, 4, 8]))
    with feature_cache.storing(key, np.array([1, 4, 5]), 1, 4) as writer:
        assert writer.missing.tolist() == [1, 5]
        writer.write(0, writer.missing, values(writer.missing))
    found = feature_cache.find(key, np.array([1, 4, 5]))
    assert found.rows.tolist() == [1, 3, 4, 5, 8]
    assert np.array_equal(found.features[0], values(found.rows))
    assert found.positions(np.array([8, 1])).tolist() == [4, 0]
    assert len(everything()) == 1  # the smaller entry is gone


def test_copies_are_written_one_after_the_other():
    key = {"data": "a"}
    with feature_cache.storing(key, ROWS, 2, 4) as writer:
        for copy in (1, 0):
            for some in (ROWS[5:], ROWS[:5]):
                writer.write(copy, some, values(some) + 100 * copy)
    assert np.array_equal(feature_cache.find(key, ROWS).features, np.stack([values(ROWS), values(ROWS) + 100]))


def test_two_processes_that_store_other_images_at_the_same_time_lose_nothing():
    key, others = {"data": "a"}, np.arange(5, 15)
    with feature_cache.storing(key, ROWS, 1, 4) as writer:
        store("a", others)
        writer.write(0, ROWS, values(ROWS))
    assert feature_cache.find(key, ROWS) is not None
    assert feature_cache.find(key, others) is not None
    with feature_cache.storing(key, np.arange(15), 1, 4) as writer:
        assert not len(writer.missing)
    assert np.array_equal(feature_cache.find(key, np.arange(15)).features[0], values(np.arange(15)))
    assert len(everything()) == 1


def test_an_entry_that_is_replaced_while_it_is_looked_up_is_found_in_the_larger_one(monkeypatch):
    key, read = store("a"), feature_cache.read

    def replaced(folder: Path) -> Entry | None:
        monkeypatch.setattr(feature_cache, "read", read)
        store("a", 20)
        return read(folder)

    monkeypatch.setattr(feature_cache, "read", replaced)
    assert feature_cache.find(key, ROWS).features.shape == (1, 20, 4)


def test_known_images_are_left_out_if_the_cache_is_too_small_for_all(monkeypatch):
    monkeypatch.setenv("IMGCLS_FEATURES_GB", "0.0000003")  # 300 bytes: 10 images, but not 19
    key, others = store("a"), np.arange(9, 19)
    with feature_cache.storing(key, others, 1, 4) as writer:
        assert writer.missing.tolist() == list(range(10, 19))
        writer.write(0, writer.missing, values(writer.missing))
    assert np.array_equal(feature_cache.find(key, others).features[0], values(others))
    assert feature_cache.find(key, ROWS) is None


def test_an_error_while_storing_leaves_nothing_behind():
    with pytest.raises(KeyboardInterrupt), feature_cache.storing({"data": "a"}, ROWS, 1, 4) as writer:
        writer.write(0, ROWS[:5], values(ROWS[:5]))
        raise KeyboardInterrupt
    assert feature_cache.find({"data": "a"}, ROWS) is None
    assert everything() == []


def test_an_incomplete_entry_is_not_stored():
    with (
        pytest.raises(ValueError, match="features are missing"),
        feature_cache.storing({"data": "a"}, ROWS, 1, 4) as writer,
    ):
        writer.write(0, ROWS[:5], values(ROWS[:5]))
    assert everything() == []


@pytest.mark.parametrize("name", ["features.npy", "rows.npy", "entry.json"])
def test_an_incomplete_file_is_ignored_and_replaced(name):
    key = store("a")
    path = folder_of(key) / name
    path.write_bytes(path.read_bytes()[:20])
    assert feature_cache.find(key, ROWS) is None
    assert np.array_equal(feature_cache.find(store("a"), ROWS).features[0], values(ROWS))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("features.npy", np.zeros((1, 9, 4), np.float32)),
        ("features.npy", np.zeros((1, 10, 4), np.float64)),
        ("features.npy", np.zeros((10, 4), np.float32)),
        ("rows.npy", np.arange(9)),
        ("rows.npy", np.arange(10)[::-1]),
        ("rows.npy", np.arange(10) / 2),
        ("rows.npy", np.zeros((5, 2), np.int64)),
    ],
)
def test_arrays_that_do_not_fit_together_are_ignored(name, content):
    key = store("a")
    np.save(folder_of(key) / name, content)
    assert feature_cache.find(key, ROWS) is None


@pytest.mark.parametrize("content", ["[]", "{}", '{"shape": 3}', '{"shape": [1, 10, 5]}'])
def test_an_entry_whose_record_does_not_fit_is_ignored(content):
    key = store("a")
    (folder_of(key) / "entry.json").write_text(content)
    assert feature_cache.find(key, ROWS) is None


def test_entries_of_other_versions_are_ignored_and_evicted(monkeypatch):
    monkeypatch.setattr(feature_cache, "VERSION", 1)
    key = store("a", used=100)
    monkeypatch.undo()
    assert feature_cache.find(key, ROWS) is None
    monkeypatch.setenv("IMGCLS_FEATURES_GB", "0.0000003")
    store("b")
    assert len(everything()) == 1


def test_the_least_recently_used_entries_are_evicted(monkeypatch):
    monkeypatch.setenv("IMGCLS_FEATURES_GB", "0.0000006")  # 600 bytes: two of these including the NumPy headers
    keys = [store("a", used=100), store("b", used=200)]
    assert feature_cache.find(keys[1], ROWS) is not None  # just used: the other one is evicted
    store("c")
    assert feature_cache.find(keys[0], ROWS) is None
    assert feature_cache.find(keys[1], ROWS) is not None
    assert feature_cache.find({"data": "c"}, ROWS) is not None


def test_features_larger_than_the_cache_are_rejected_with_a_solution(monkeypatch):
    monkeypatch.setenv("IMGCLS_FEATURES_GB", "0.001")
    with pytest.raises(WeightsError) as error, feature_cache.storing({"data": "a"}, np.arange(1000), 1, 512):
        pass
    assert str(error.value) == (
        "The features of these images take 2 MB, but the cache holds at most 1 MB. Use fewer images or augmented "
        "copies, use a backbone with fewer features, or raise IMGCLS_FEATURES_GB."
    )
    assert everything() == []


def test_a_full_disk_is_reported_before_anything_is_computed(monkeypatch):
    monkeypatch.setattr(feature_cache, "SPARE_BYTES", 10**18)
    with pytest.raises(
        WeightsError, match=r"^The features take 0 MB, but only .+ MB are free in .+\. Free some space there, use fewer"
    ):
        store("a")
    assert everything() == []


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of Unix stands for the full disk")
def test_a_disk_that_fills_up_while_storing_leaves_nothing_behind():
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(WeightsError, match=r"could not be written to .+: File too large\. Free some space there"):
            store("a", 1000, 512)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert everything() == []


def test_leftovers_of_killed_processes_are_removed_and_live_ones_kept():
    code = (
        "import os, sys\nimport numpy as np\nfrom imgcls.models import feature_cache as features\n"
        "with features.storing({'data': 'a'}, np.arange(10), 1, 4) as writer:\n"
        "    writer.write(0, np.arange(5), np.zeros((5, 4)))\n    print('half', flush=True)\n"
        "    sys.stdin.readline()\n    os.kill(os.getpid(), 9)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=paths.repository_folder()
    )
    assert process.stdout.readline() == b"half\n"
    store("b")
    assert sum(name.startswith(".new-") for name in everything()) == 1  # its writer is alive
    process.communicate(b"\n", timeout=20)
    store("c")
    assert len(everything()) == 2
    assert all(feature_cache.find({"data": name}, ROWS) is not None for name in "bc")


def test_concurrent_writers_of_one_entry_share_it():
    key = {"data": "a"}
    with feature_cache.storing(key, ROWS, 1, 4) as writer:
        store("a")
        writer.write(0, ROWS, values(ROWS))
    assert np.array_equal(feature_cache.find(key, ROWS).features[0], values(ROWS))
    assert len(everything()) == 1


def test_the_cache_can_be_emptied():
    store("a")
    store("b")
    feature_cache.remove_all()
    assert feature_cache.total_bytes() == 0
    assert everything() == []


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("", 4_000_000_000), ("x", 4_000_000_000), ("0.5", 500_000_000), ("-1", 0), ("inf", 4_000_000_000)],
)
def test_the_limit_is_read_from_the_environment(text, bytes_, monkeypatch):
    monkeypatch.setenv("IMGCLS_FEATURES_GB", text)
    assert paths.max_feature_bytes() == bytes_
