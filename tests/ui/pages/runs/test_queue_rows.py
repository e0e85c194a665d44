"""The queue on the Runs page: a removed run leaves a row, so that a second click removes no other one."""

import pytest

from imgcls import runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.ui.runs import queue
from tests.support.pages import button, is_intact, opened, text_of


@pytest.fixture
def waiting():
    for number in range(3):
        waiting_list.enter(runs.create(Config(), f"Number {number}", run_id=f"run-{number}"))
    return lambda: [run.id for run in waiting_list.waiting()]


def rows(app) -> list[str]:
    """The rows in their order, by the keys of their buttons."""
    return [one.key for one in app.button if str(one.key).startswith(("waits-", "undo-"))]


def test_a_removed_run_keeps_its_row_and_can_be_put_back(waiting):
    app = opened("runs")
    (line,) = [one for one in app.expander if "waiting" in one.label]
    assert line.label.replace("\\", "") == "3 waiting: Number 0, Number 1, Number 2" and not line.proto.expanded
    app.button(key="Remove-run-1").click().run()
    assert is_intact(app) and waiting() == ["run-0", "run-2"]
    assert rows(app) == ["waits-run-0", "undo-run-1", "waits-run-2"], "no other row is under the mouse"
    assert "Removed: Number 1" in text_of(app)
    app.button(key="undo-run-1").click().run()
    assert is_intact(app) and waiting() == ["run-0", "run-1", "run-2"]
    assert rows(app) == ["waits-run-0", "waits-run-1", "waits-run-2"]


def test_the_last_run_of_the_queue_can_be_put_back(waiting):
    app = opened("runs")
    for number in (0, 1, 2):
        app.button(key=f"Remove-run-{number}").click().run()
    assert waiting() == [] and rows(app) == ["undo-run-0", "undo-run-1", "undo-run-2"]
    for number in (2, 0, 1):
        button(app, "Undo")
        app.button(key=f"undo-run-{number}").click().run()
    assert is_intact(app) and waiting() == ["run-0", "run-1", "run-2"]


def test_the_row_goes_after_a_while_and_if_the_run_is_gone(waiting, monkeypatch):
    app = opened("runs")
    app.button(key="Remove-run-0").click().run()
    app.button(key="Remove-run-1").click().run()
    runs.find("run-1").delete()
    assert rows(app.run()) == ["undo-run-0", "waits-run-2"]
    monkeypatch.setattr(queue, "SHOWN_SECONDS", 0.0)
    assert rows(app.run()) == ["waits-run-2"] and is_intact(app)
