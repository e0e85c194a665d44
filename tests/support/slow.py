"""Deselects tests marked slow, which take minutes, unless IMGCLS_SLOW=1 or a marker expression is given."""

import os

import pytest

_left_out = pytest.StashKey[int]()


def pytest_collection_modifyitems(config, items):
    if os.environ.get("IMGCLS_SLOW") == "1" or config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.stash[_left_out] = len(slow)
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # workers collect, the main process reports
        session.config.workeroutput["slow_left_out"] = session.config.stash.get(_left_out, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    node.config.stash[_left_out] = getattr(node, "workeroutput", {}).get("slow_left_out", 0)


def pytest_terminal_summary(terminalreporter, config):
    count = config.stash.get(_left_out, 0)
    if count:
        terminalreporter.write_line(
            f"{count} slow tests, which take minutes, were not run: use IMGCLS_SLOW=1 or -m slow"
        )
