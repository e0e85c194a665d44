"""The run selector among more runs than it offers."""

from imgcls.ui.widgets import run_select
from tests.support.runs import mutations


def test_the_newest_runs_are_offered_and_the_one_that_is_shown(monkeypatch):
    for number in range(4):
        mutations.small_run(f"run-{number}")
    monkeypatch.setattr(run_select, "MOST", 2)
    newest = list(run_select.offered(lambda run: True))
    assert len(newest) == 2
    older = next(f"run-{number}" for number in range(4) if f"run-{number}" not in newest)
    assert list(run_select.offered(lambda run: True, older, "unknown-run")) == [*newest, older]
    assert older not in run_select.offered(lambda run: run.id != older, older)


def test_a_renamed_run_has_its_new_name_in_the_selector():
    run = mutations.small_run("renamed")
    before = run_select.title(run)
    run.rename("Another name")
    assert before != run_select.title(run) and run_select.title(run).startswith("Another name")
