"""Trainings started and controlled over HTTP."""

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list

SMALL = {"data": "digits", "model": "ann", "epochs": 1, "model_settings": {"units": 8}}


@pytest.fixture
def no_queue(monkeypatch):
    """Runs stay in the queue without being started."""
    monkeypatch.setattr(jobs, "wake", lambda: None)


def test_a_training_is_queued_with_the_submitted_settings(serve, digits, no_queue):
    reply = serve().post_json("runs", {"settings": SMALL, "name": "From outside"})
    assert reply.status == 201 and reply.json["state"] == "queued" and reply.json["name"] == "From outside"
    assert reply.headers["Location"] == f"/api/runs/{reply.json['id']}"
    run = runs.find(reply.json["id"])
    assert run.config == Config.from_dict(SMALL) and waiting_list.waiting() == [run]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({}, "JSON object"),
        ({"settings": []}, "JSON object"),
        ({"settings": {"epochs": 0}}, "epochs"),
        ({"settings": {"no_such": 1}}, "no_such"),
        ({"settings": {"model": "no_such"}}, "no_such"),
        ({"settings": {"data": "no_such"}}, "no_such"),
        ({"settings": {"data": "../../etc"}}, "etc"),
        ({"settings": {"model": "ann", "model_settings": {"units": "many"}}}, "units"),
        ({"settings": SMALL, "name": 5}, "name"),
        ({"settings": SMALL, "id": "mine"}, "id"),
        ({"settings": SMALL | {"data": "fashion_mnist"}}, "imgcls prepare fashion_mnist"),
    ],
)
def test_invalid_settings_are_refused_and_nothing_is_queued(serve, digits, no_queue, content, part):
    reply = serve().post_json("runs", content)
    assert reply.status == 422 and part.lower() in reply.json["message"].lower()
    assert runs.all_runs() == []


def test_a_training_request_must_be_json(serve):
    assert serve().send("POST", "runs", b"epochs=1", {"Content-Type": "text/plain"}).status == 415


def test_a_training_can_be_paused_resumed_and_stopped(serve, make_run, no_queue):
    run, api = make_run(heartbeat=0), serve()
    assert api.send("POST", f"runs/{run.id}/pause").status == 200
    assert run.request.pause and not run.request.stop
    assert api.send("POST", f"runs/{run.id}/resume").status == 200
    assert not run.request.pause
    assert api.send("POST", f"runs/{run.id}/stop").status == 200
    assert run.request.stop
    assert api.send("POST", f"runs/{run.id}/pause").status == 409


def test_a_queued_training_can_be_removed_from_the_queue(serve, digits, no_queue):
    api = serve()
    run = runs.find(api.post_json("runs", {"settings": SMALL}).json["id"])
    assert api.send("POST", f"runs/{run.id}/pause").status == 409
    assert api.send("POST", f"runs/{run.id}/stop").json["state"] == "aside"
    assert waiting_list.waiting() == []


@pytest.mark.parametrize("what", ["pause", "resume", "stop"])
def test_a_finished_run_is_left_alone(api, what):
    reply = api.send("POST", f"runs/digits/{what}")
    assert reply.status == 409 and "finished" in reply.json["message"]
    assert api.send("POST", f"runs/nothing/{what}").status == 404
