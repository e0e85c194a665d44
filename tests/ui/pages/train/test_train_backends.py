"""Where a run trains: chosen on the Train page, shown on the run's page, with what the cluster kept of its output."""

import json

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import backends, waiting_list
from imgcls.jobs.backends import slurm
from imgcls.runs import Run, results
from imgcls.ui.train.run_parts import place
from tests.support.pages import is_intact, opened, text_of

LABEL = "Train on"


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    place._output.clear()


def labels(app) -> list[str]:
    return [box.label for box in app.selectbox]


def click(app, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_a_single_backend_offers_no_choice(mnist_sample, monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "slurm")
    app = opened("train")
    assert is_intact(app)
    assert LABEL not in labels(app)


def test_with_several_backends_the_form_says_where_the_run_trains(mnist_sample, monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "local,slurm")
    app = opened("train")
    box = app.selectbox(key="backend")
    assert (box.label, box.options) == (LABEL, ["This machine", "Slurm"])
    box.set_value("slurm").run()
    click(app, "Start")
    (run,) = jobs.waiting()
    assert waiting_list.wanted_backend(run) == "slurm"
    assert is_intact(app)
    assert "on Slurm" in text_of(app)


def test_an_invalid_list_of_backends_is_one_message(mnist_sample, monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "local,moon")
    app = opened("train")
    assert "IMGCLS_BACKEND is 'moon', but there is no such backend." in text_of(app)
    assert is_intact(app)


def on_slurm(run: Run) -> Run:
    facts = {"started": 5.0, "job": {"backend": "slurm", "id": "17", "node": "login"}}
    (run.folder / "trainer.json").write_text(json.dumps(facts))
    return run


def open_output(app) -> None:
    app.session_state["job-output"] = True
    app.run()


def test_the_output_of_a_cluster_job_is_shown_on_the_page_of_the_run(digits, monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "slurm")
    run = on_slurm(runs.create(Config(data=digits), run_id="on-slurm"))
    (run.folder / slurm.FOLDER).mkdir()
    (run.folder / slurm.FOLDER / "17.txt").write_text("slurmstepd: error: Exceeded job memory limit")
    app = opened("train", run=run.id)
    open_output(app)
    assert [code.value for code in app.code] == ["slurmstepd: error: Exceeded job memory limit"]
    assert "on Slurm" in text_of(app)


def test_a_cluster_that_cannot_be_asked_for_output_is_named(digits, monkeypatch):
    def refuse(run):
        raise backends.Unreachable("Slurm does not answer.")

    monkeypatch.setenv("IMGCLS_BACKEND", "slurm")
    monkeypatch.setattr(backends.get("slurm"), "log", refuse)
    run = on_slurm(runs.create(Config(data=digits), run_id="on-slurm"))
    app = opened("train", run=run.id)
    open_output(app)
    assert "Slurm does not answer." in text_of(app)
    assert is_intact(app)


def test_a_run_from_a_cluster_that_is_not_configured_asks_nobody(digits, monkeypatch):
    monkeypatch.delenv("IMGCLS_BACKEND", raising=False)
    run = on_slurm(runs.create(Config(data=digits), run_id="on-slurm"))
    app = opened("train", run=run.id)
    assert "Output of the cluster job" not in [one.label for one in app.expander]
    assert is_intact(app)


def test_a_refused_run_says_why_and_can_be_tried_again(digits, monkeypatch):
    monkeypatch.delenv("IMGCLS_BACKEND", raising=False)
    run = runs.create(Config(data=digits), run_id="refused", place=1.0)
    waiting_list.enter_again(run, refusal=waiting_list.Refusal(2, "Slurm refuses sbatch: invalid partition: gpu"))
    sentence = "Refused 2 times, and tried again after a pause: Slurm refuses sbatch: invalid partition: gpu."
    (progress,) = opened("train", run=run.id).get("progress")
    assert sentence in progress.proto.text.replace("\\", "")
    assert sentence in text_of(opened("runs")).replace("\\", "")
    waiting_list.take_out(run)
    results.write_not_submitted(run.folder, 6, "Slurm refuses sbatch: invalid partition: gpu")
    app = opened("train", run=run.id)
    assert "it was refused 6 times" in text_of(app)
    click(app, "Try again")
    assert jobs.waiting() == [run] and waiting_list.refusal_of(run) is None
