"""What is read once for all pages that follow a run."""

import pytest

from imgcls.runs.run import Run
from imgcls.ui.cache import followed
from tests.support.training.metrics_logs import PLAN, batch, lines

JOURNAL = lines(PLAN, {"kind": "phase", "phase": "training"}, batch(0.5))


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time, as a list of one number; nothing was read before it."""
    monkeypatch.setattr(followed, "_looks", {})
    now = [1000.0]
    monkeypatch.setattr(followed.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The ids of the runs whose state was read."""
    found, read = [], Run.state.fget
    monkeypatch.setattr(Run, "state", property(lambda run: found.append(run.id) or read(run)))
    return found


def test_pages_that_follow_a_run_share_what_one_of_them_reads(make_run, clock, reads):
    run = make_run(heartbeat=0, **{"metrics.jsonl": JOURNAL})
    first = followed.recent(run)
    clock[0] += 0.9 * followed.SHARED_SECONDS
    assert followed.recent(Run(run.folder)) is first
    assert reads == [run.id]
    assert (first.state, first.request.stop, len(first.curves.batches)) == ("running", False, 1)


def test_the_next_update_shows_what_is_new(make_run, clock, reads):
    run = make_run(heartbeat=0, **{"metrics.jsonl": JOURNAL})
    followed.recent(run)
    with (run.folder / "metrics.jsonl").open("ab") as file:
        file.write(lines(batch(0.6)))
    run.send_request(stop=True)
    clock[0] += 1.1 * followed.SHARED_SECONDS
    seen = followed.recent(run)
    assert len(reads) == 2
    assert seen.request.stop and [line["epoch"] for line in seen.curves.batches] == [0.5, 0.6]


def test_someone_who_has_just_pressed_stop_sees_it_at_once_and_so_do_the_others(make_run, clock):
    run = make_run(heartbeat=0, **{"metrics.jsonl": JOURNAL})
    followed.recent(run)
    run.send_request(stop=True)
    assert followed.look(run).request.stop
    assert followed.recent(run).request.stop


def test_what_was_read_of_other_runs_is_forgotten(make_run, clock):
    for number in range(5):
        followed.look(make_run(f"run-{number}", heartbeat=0, **{"metrics.jsonl": JOURNAL}))
        clock[0] += 0.6 * followed.SHARED_SECONDS
    assert len(followed._looks) == 2
