"""The fast tests (`-m fast`) cover every package. None waits, and none loads TensorFlow (see `stays_fast`)."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from imgcls.system import paths
from tests.support.workers import NOT_FAST_FILES, NOT_FAST_FIXTURES, NOT_FAST_TESTS, TESTS, is_fast, may_be_fast

FILES = [path for path in TESTS.rglob("test_*.py") if may_be_fast(path)]


def _of_package(path: Path) -> str:
    return path.relative_to(TESTS).parts[0]


def test_every_package_has_fast_tests(request):
    packages = {path.parent.name for path in (paths.repository_folder() / "imgcls").glob("*/__init__.py")}
    assert {"cli", "training", "ui"} <= packages
    assert packages - {_of_package(path) for path in FILES} == set()
    items = request.session.items
    if packages <= {_of_package(item.path) for item in items}:  # all tests were collected, not only this file
        assert packages - {_of_package(item.path) for item in items if item.get_closest_marker("fast")} == set()


def test_every_path_listed_as_not_fast_exists():
    assert [name for name in NOT_FAST_FILES if not (TESTS / name).exists()] == []


def test_every_test_listed_as_not_fast_exists():
    defined = {name for path in FILES for name in re.findall(r"def (test_\w+)\(", path.read_text("utf-8"))}
    assert sorted(NOT_FAST_TESTS - defined) == []


def _sleeps():
    time.sleep(0)


def _in_a_nested_function():
    return [lambda: subprocess.run([])]


def _by_a_helper():
    return _sleeps()


def _imports_keras():
    import keras.src.datasets

    return keras


def _quick():
    return len(FILES)


class Item:
    def __init__(self, path: Path, *fixtures: str, marker: str = "", function=_quick):
        self.path, self.fixturenames, self.marker, self.function = path, list(fixtures), marker, function

    def get_closest_marker(self, name: str) -> bool:
        return name == self.marker


FAST_FILE = TESTS / "images" / "test_ink.py"


@pytest.mark.parametrize("fixture", sorted(NOT_FAST_FIXTURES))
def test_a_test_that_trains_or_waits_is_not_fast(fixture):
    assert is_fast(Item(FAST_FILE, "tmp_path"))
    assert not is_fast(Item(FAST_FILE, "tmp_path", fixture))


def test_a_slow_test_and_a_browser_test_are_not_fast():
    assert not is_fast(Item(FAST_FILE, marker="slow"))
    assert not is_fast(Item(TESTS / "browser" / "test_first_requests.py"))


@pytest.mark.parametrize("function", [_sleeps, _in_a_nested_function, _by_a_helper, _imports_keras])
def test_a_test_that_sleeps_or_starts_a_process_is_not_fast(function):
    assert not is_fast(Item(FAST_FILE, function=function))


def test_workers_are_given_whole_groups_of_tests(request):
    is_shared = hasattr(request.config, "workerinput")
    assert request.node.nodeid.endswith("@test_fast_tests") == is_shared, "xdist no longer sees the groups"
