"""Which worker runs a test, and which tests get a second try.

Two workers share the tests (`-n 0` is one process without any, for a debugger). What drives a browser, or times real
trainers and queues, stays with one of them, one after the other, so that two of a kind never wait for each other. Other
files are handed out whole.

These tests, and all that train in a process of their own, get one second try, which the report names as RERUN, with
what went wrong: a shared machine that stands still for half a minute is not the project's fault. What fails twice is.
"""

from pathlib import Path

import pytest

BROWSER = Path(__file__).parents[1] / "browser"
TIMED = {"forks"}
TRAINED = {"warm_trainer", "cold_trainer", "_warm"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        fixtures = set(item.fixturenames)
        is_alone = BROWSER in item.path.parents or TIMED & fixtures
        if is_alone or TRAINED & fixtures:
            item.add_marker(pytest.mark.flaky(reruns=1))
        # Keras slows all that comes after it in the same process: the tests that load it stand at the end.
        group = "alone" if is_alone else item.path.stem + ("-keras" if "keras" in fixtures else "")
        item.add_marker(pytest.mark.xdist_group(group))
    if hasattr(config, "workerinput"):  # the longest group begins at once
        items.sort(key=lambda item: item.get_closest_marker("xdist_group").args[0] != "alone")
