"""The feature cache: entries are found by their key, complete or absent, and limited in size."""

import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from imgcls.errors import WeightsError
from imgcls.models import feature_cache
from imgcls.system import paths


def store(name: str, rows: int = 10, width: int = 4, *, used: float = 0.0) -> dict:
    """Stores features that were last used `used` seconds ago; returns their key."""
    key = {"data": name}
    values = np.full((1, rows, width), 7, np.float32)
    with feature_cache.storing(key, values.shape) as file:
        file.write(values.data)
    os.utime(feature_cache.entry_folder(key), (time.time() - used,) * 2)
    return key


def everything() -> list[str]:
    return sorted(path.name for path in feature_cache.root_folder().glob("*"))


def test_stored_features_are_found_again():
    key = store("a")
    found = feature_cache.find(key)
    assert found.shape == (1, 10, 4)
    assert (np.asarray(found) == 7).all()
    assert feature_cache.find({"data": "b"}) is None
    assert feature_cache.total_bytes() > 160
    assert everything() == [feature_cache.entry_folder(key).name]


def test_the_key_depends_on_every_value_but_not_on_their_order():
    assert feature_cache.entry_folder({"a": 1, "b": None}) == feature_cache.entry_folder({"b": None, "a": 1})
    assert feature_cache.entry_folder({"a": 1, "b": None}) != feature_cache.entry_folder({"a": 1, "b": 0})


def test_an_error_while_storing_leaves_nothing_behind():
    with pytest.raises(KeyboardInterrupt), feature_cache.storing({"data": "a"}, (1, 10, 4)) as file:
        file.write(bytes(80))
        raise KeyboardInterrupt
    assert feature_cache.find({"data": "a"}) is None
    assert everything() == []


def test_an_incomplete_entry_is_not_stored():
    with (
        pytest.raises(ValueError, match="features are missing"),
        feature_cache.storing({"data": "a"}, (1, 10, 4)) as file,
    ):
        file.write(bytes(80))
    assert everything() == []


@pytest.mark.parametrize("name", ["features.npy", "entry.json"])
def test_an_incomplete_file_is_ignored_and_replaced(name):
    key = store("a")
    path = feature_cache.entry_folder(key) / name
    path.write_bytes(path.read_bytes()[:20])
    assert feature_cache.find(key) is None
    store("a")
    assert feature_cache.find(key) is not None


def test_the_least_recently_used_entries_are_evicted(monkeypatch):
    monkeypatch.setenv("IMGCLS_FEATURES_GB", "0.0000006")  # 600 bytes: two of these including the NumPy headers
    keys = [store("a", used=100), store("b", used=200)]
    assert feature_cache.find(keys[1]) is not None  # just used: the other one is evicted
    store("c")
    assert feature_cache.find(keys[0]) is None
    assert feature_cache.find(keys[1]) is not None
    assert feature_cache.find({"data": "c"}) is not None


def test_features_larger_than_the_cache_are_rejected_with_a_solution(monkeypatch):
    monkeypatch.setenv("IMGCLS_FEATURES_GB", "0.001")
    with pytest.raises(WeightsError) as error, feature_cache.storing({"data": "a"}, (1, 1000, 512)):
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
        "import os, sys\nfrom imgcls.models import feature_cache as features\n"
        "with features.storing({'data': 'a'}, (1, 10, 4)) as file:\n"
        "    file.write(bytes(80))\n    file.flush()\n    print('half', flush=True)\n"
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
    assert everything() == sorted(feature_cache.entry_folder({"data": name}).name for name in "bc")
    assert feature_cache.find({"data": "a"}) is None


def test_concurrent_writers_of_one_entry_share_it():
    key, values = {"data": "a"}, np.full((1, 10, 4), 7, np.float32)
    with feature_cache.storing(key, values.shape) as file:
        store("a")
        file.write(values.data)
    assert (np.asarray(feature_cache.find(key)) == 7).all()
    assert everything() == [feature_cache.entry_folder(key).name]


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
