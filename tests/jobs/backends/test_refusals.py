"""What goes wrong with a cluster is said in one sentence, the runs wait meanwhile, and nothing is lost."""

import json
import subprocess

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.jobs.backends import ray, slurm
from imgcls.jobs.queue import Queue
from imgcls.runs import Run
from imgcls.system import nodes
from imgcls.training.trainer import Trainer
from tests.jobs.backends import places
from tests.jobs.backends.scene import Scene, assert_trained_once

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("backend faults")]


@pytest.fixture
def on(tmp_path, monkeypatch, wait_until):
    """`on(places.Ray)`: a scene on this place."""
    monkeypatch.setattr("imgcls.jobs.queue.RETRY_SECONDS", 0.1)
    monkeypatch.setattr("imgcls.jobs.queue.REFUSED_PAUSES", (0.1,) * 5)
    monkeypatch.setattr(jobs, "wake", lambda: None)
    made = []

    def scene(kind) -> Scene:
        made.append(kind(tmp_path, monkeypatch))
        return Scene(made[-1], wait_until)

    yield scene
    for place in made:
        place.close()


def assert_waits(run: Run, sentence: str) -> None:
    assert run.state == "queued" and run.is_waiting
    assert waiting_list.problem() == sentence


def test_an_invalid_token_is_named_and_runs_wait_until_it_is_right(on, monkeypatch):
    scene = on(places.Ray)
    run = scene.run()
    monkeypatch.setenv("IMGCLS_RAY_TOKEN", "another")
    scene.queue.round()
    address = f"http://127.0.0.1:{scene.place.server.server_port}"
    assert_waits(
        run,
        f"Ray at {address} refuses: the token is missing or wrong. Set IMGCLS_RAY_TOKEN to the token of the cluster "
        "(ray get-auth-token)",
    )
    monkeypatch.setenv("IMGCLS_RAY_TOKEN", places.Ray.TOKEN)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_the_reason_of_a_refusal_is_passed_on(on):
    scene = on(places.Slurm)
    run = scene.run()
    sbatch = scene.place.folder / "bin" / "sbatch"
    working = sbatch.read_text()
    sbatch.write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: gpu' >&2\nexit 1\n")
    scene.queue.round()
    assert run.state == "queued" and waiting_list.problem() == ""
    assert waiting_list.refusal_of(run).sentence() == (
        "Refused once, and tried again after a pause: Slurm refuses sbatch: sbatch: error: invalid partition "
        "specified: gpu."
    )
    sbatch.write_text(working)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_run_that_is_taken_out_and_started_again_is_tried_at_once(on, monkeypatch):
    monkeypatch.setattr("imgcls.jobs.queue.REFUSED_PAUSES", (1000.0,))
    scene = on(places.Slurm)
    run = scene.run()
    scene.place.refuse(run)
    scene.rounds()
    assert waiting_list.refusal_of(run).times == 1, "it rests"
    scene.place.refuse()
    jobs.take_out(run)
    assert run.state == "aside"
    jobs.start(run)
    assert waiting_list.refusal_of(run) is None
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_as_many_jobs_as_the_account_may_submit_are_no_refusal_of_one_run(on):
    scene = on(places.Slurm)
    run = scene.run()
    sbatch = scene.place.folder / "bin" / "sbatch"
    said = "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates policy"
    sbatch.write_text(f"#!/bin/sh\nprintf '{said}' >&2\nexit 1\n")
    scene.rounds()
    assert_waits(run, "Slurm refuses sbatch: sbatch: error: Batch job submission failed: Job violates policy")
    assert waiting_list.refusal_of(run) is None


def test_a_cluster_that_answers_late_is_one_that_does_not_answer(on, monkeypatch):
    def late(*words, timeout, **more):
        raise subprocess.TimeoutExpired(words, timeout)

    scene = on(places.Slurm)
    run = scene.run()
    with monkeypatch.context() as patch:
        patch.setattr(slurm.subprocess, "run", late)
        scene.queue.round()
        assert_waits(run, "Slurm does not answer (sbatch). Queued runs wait until it does.")
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_head_that_answers_late_is_one_that_does_not_answer(on, monkeypatch):
    scene = on(places.Ray)
    run = scene.run()
    with monkeypatch.context() as patch:
        patch.setattr(ray.urllib.request, "urlopen", lambda request, timeout: (_ for _ in ()).throw(TimeoutError()))
        scene.queue.round()
        assert waiting_list.problem().endswith("does not answer. Queued runs wait until it does.")
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


@pytest.mark.parametrize(
    ("kind", "name", "value", "sentence"),
    [
        (places.Slurm, "IMGCLS_SLURM", "gpu", "IMGCLS_SLURM holds 'gpu', which is not name=value."),
        (places.Ray, "IMGCLS_RAY_RESOURCES", "cpu=two", "IMGCLS_RAY_RESOURCES holds 'cpu=two', which is not"),
        (places.Ray, "IMGCLS_RAY_ADDRESS", "head:8265", "IMGCLS_RAY_ADDRESS is 'head:8265'. Give a URL such as"),
    ],
)
def test_an_invalid_setting_of_a_cluster_does_not_end_the_queue(on, monkeypatch, kind, name, value, sentence):
    scene = on(kind)
    run = scene.run()
    monkeypatch.setenv(name, value)
    scene.queue.round()
    assert run.is_waiting
    assert waiting_list.problem().startswith(sentence)


def test_slurm_without_its_commands_is_named(own_folders, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    run = runs.create(Config(), place=waiting_list.last_place())
    Queue(slurm.create()).round()
    assert_waits(
        run,
        "Slurm's command sbatch is not on this machine. Start the app on a login node of the cluster.",
    )


def test_a_node_with_another_version_reports_it_before_anything_runs(digits, monkeypatch):
    run = runs.create(Config(data=digits, model="ann"), place=waiting_list.last_place())
    monkeypatch.setenv("IMGCLS_VERSIONS", json.dumps({"keras": "3.1.0"}))
    result = Trainer(run).train()
    assert result["outcome"] == "failed"
    assert result["message"] == (
        f"The machine {nodes.name()} has keras {nodes.versions()['keras']}, but the run was started with keras 3.1.0. "
        "Install keras==3.1.0 there."
    )
    assert not (run.folder / "metrics.jsonl").exists()
