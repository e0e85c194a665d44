"""The fast tests (`-m fast`) cover every package. None waits, and none loads TensorFlow (see `stays_fast`)."""

import re
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from imgcls.system import paths
from tests.support.under_way import UnderWay
from tests.support.workers import NOT_FAST_FILES, NOT_FAST_TESTS, PAGES, TESTS, is_fast, may_be_fast

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


def test_every_listed_path_exists():
    listed = [*(TESTS / name for name in NOT_FAST_FILES), *PAGES]
    assert [path for path in listed if not path.exists()] == []


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


@pytest.fixture
def started():
    return subprocess.Popen([])


@pytest.fixture
def uses_started(started):
    return started


NO_FIXTURES = SimpleNamespace(name2fixturedefs={})


class Item:
    def __init__(self, path: Path, *, marker: str = "", function=_quick, fixtures=NO_FIXTURES):
        self.path, self.marker, self.function, self._fixtureinfo = path, marker, function, fixtures

    def get_closest_marker(self, name: str) -> bool:
        return name == self.marker


FAST_FILE = TESTS / "images" / "test_ink.py"
LOADING = (lambda keras: 0, lambda write_weights: 0)
TRAINING = (lambda finished_run: 0, lambda forks: 0, lambda warm_trainer: 0, lambda cold_trainer: 0)
WAITING = (lambda wait_until: 0, lambda started: 0, lambda uses_started: 0)
QUICK = (lambda tmp_path: 0, lambda digits: 0, lambda make_run: 0)


@pytest.mark.parametrize(
    ("function", "is_quick"),
    [*((function, False) for function in (*LOADING, *TRAINING, *WAITING)), *((function, True) for function in QUICK)],
)
def test_a_test_is_as_fast_as_its_fixtures(function, is_quick, request):
    fixtures = request.session._fixturemanager.getfixtureinfo(request.node, function, None)
    assert is_fast(Item(FAST_FILE, fixtures=fixtures)) == is_quick


def test_a_slow_test_and_a_browser_test_are_not_fast():
    assert not is_fast(Item(FAST_FILE, marker="slow"))
    assert not is_fast(Item(TESTS / "browser" / "test_first_requests.py"))


@pytest.mark.parametrize("function", [_sleeps, _in_a_nested_function, _by_a_helper, _imports_keras])
def test_a_test_that_sleeps_or_starts_a_process_is_not_fast(function):
    assert not is_fast(Item(FAST_FILE, function=function))


def test_workers_are_given_whole_groups_of_tests(request):
    is_shared = hasattr(request.config, "workerinput")
    assert request.node.nodeid.endswith("@test_fast_tests") == is_shared, "xdist no longer sees the groups"


def test_what_is_under_way_is_known_at_any_time(request):
    report = UnderWay(request.config)
    report.pytest_runtest_logstart("one")
    report.pytest_runtest_logstart("two")
    report.pytest_runtest_logfinish("one")
    assert re.fullmatch(r"10 min: 1 tests ended; under way: two \(600 s\)", report.summary(time.monotonic() + 600))
