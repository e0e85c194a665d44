"""A value that cannot be true in one run's result.json breaks no page."""

import json

import pytest

from tests.support.pages import broken_copy, is_intact, opened

HUGE = 10**400


def written(run, name: str, result: dict) -> str:
    """The ID of a copy of the run with this result."""
    copy = broken_copy(run, name)
    (copy.folder / "result.json").write_text(json.dumps(result))
    return copy.id


@pytest.mark.parametrize("instead", [HUGE, None], ids=["huge", "null"])
def test_the_page_of_a_run_without_one_of_its_results_is_intact(instead, finished_run):
    result = json.loads((finished_run.folder / "result.json").read_text())
    for number, key in enumerate(result.keys() - {"version", "outcome"}):
        run = written(finished_run, f"absurd-{number}", result | {key: instead})
        assert is_intact(opened("train", run=run)), key


@pytest.mark.parametrize("page", ["home", "runs", "evaluate", "predict"])
def test_other_pages_show_a_run_whose_results_are_all_absurd(page, finished_run):
    result = json.loads((finished_run.folder / "result.json").read_text())
    absurd = dict.fromkeys(result, HUGE) | {"version": 1, "outcome": "finished"}
    run = written(finished_run, "absurd-run", absurd)
    assert is_intact(opened(page) if page in ("home", "runs") else opened(page, run=run))
