"""`imgcls queue --retry`: runs that were refused are queued again from a shell."""

import pytest

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.cli.commands.queue import ReportingQueue
from imgcls.cli.main import main
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.runs import results
from tests.support.runs import mutations

REASON = "Slurm refuses sbatch: invalid partition: gpu"


@pytest.fixture(autouse=True)
def worked(monkeypatch) -> list[list[str]]:
    """What each queue has found waiting; none of it is trained."""
    found: list[list[str]] = []
    monkeypatch.setattr(ReportingQueue, "serve", lambda _: found.append([run.id for run in waiting_list.waiting()]))
    return found


def refused(name: str, digits: str) -> runs.Run:
    run = runs.create(Config(data=digits), run_id=name, place=1.0)
    waiting_list.take_out(run)
    results.write_not_submitted(run.folder, 6, REASON)
    return run


def test_a_run_that_was_given_up_is_queued_again_and_the_queue_works(digits, worked, capsys):
    run, other = refused("run-refused", digits), refused("run-other", digits)
    assert "imgcls queue --retry run-refused" in run.result["message"]
    assert main(["queue", "--retry", run.id, other.id]) == exit_codes.OK
    assert f"{run.label} (run-refused) is queued again." in capsys.readouterr().out
    assert worked == [["run-refused", "run-other"]]
    assert run.state == "queued" and waiting_list.refusal_of(run) is None


def test_a_run_that_rests_after_a_refusal_is_tried_at_once(digits, worked):
    run = runs.create(Config(data=digits), run_id="run-rests", place=1.0)
    waiting_list.enter_again(run, refusal=waiting_list.Refusal(2, REASON))
    before = waiting_list.ticket(run)
    assert main(["queue", "--retry", run.id]) == exit_codes.OK
    assert waiting_list.ticket(run) != before and waiting_list.refusal_of(run) is None


def test_other_runs_are_left_alone_with_what_to_do(digits, finished_run, worked, capsys):
    run = refused("run-refused", digits)
    assert main(["queue", "--retry", run.id, finished_run.id]) == exit_codes.USAGE
    error = capsys.readouterr().err
    assert error.strip() == (
        f"The run '{finished_run.id}' was not refused: it is finished. Only runs that were refused can be queued again."
    )
    assert run.state == "failed" and not worked, "all or none"
    queued = runs.create(Config(data=digits), run_id="run-waits", place=1.0)
    assert main(["queue", "--retry", queued.id]) == exit_codes.USAGE
    assert "It is in the queue, and will be tried in its turn." in capsys.readouterr().err
    lost = mutations.small_run("run-damaged", **{"result.json": b"damaged"})
    assert main(["queue", "--retry", lost.id]) == exit_codes.USAGE
    assert "was not refused: it is damaged." in capsys.readouterr().err
    assert main(["queue", "--retry", "nobody"]) == exit_codes.NOT_FOUND
    assert "There is no run 'nobody'." in capsys.readouterr().err
