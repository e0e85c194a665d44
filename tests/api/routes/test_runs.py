"""Runs and their metrics over HTTP."""

import json

import pytest

from imgcls import runs
from imgcls.cli.main import main
from imgcls.runs.annotations import notes


def test_runs_match_those_listed_by_the_shell(api, make_run, capsys):
    notes.set_note(make_run(), "mine")
    main(["runs", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert "mine" in [row.pop("note") for row in rows], "which is not for everybody who may ask a served model"
    assert api.get("runs").json["runs"] == rows


def test_metrics_contain_the_epochs_and_the_result(api):
    found, run = api.get("runs/digits/metrics").json, runs.find("digits")
    assert [epoch["epoch"] for epoch in found["epochs"]] == list(range(1, run.result["epochs"] + 1))
    assert all({"loss", "val_loss", "val_accuracy"} <= set(epoch) for epoch in found["epochs"])
    assert found["state"] == "finished" and found["result"] == run.result
    assert found["plan"]["epochs"] >= len(found["epochs"])


def test_a_run_that_has_not_started_has_empty_metrics(make_run, serve):
    run = make_run()
    found = serve().get(f"runs/{run.id}/metrics").json
    assert (found["state"], found["epochs"], found["result"], found["phase"]) == ("aside", [], None, None)


def test_a_damaged_run_is_listed_and_its_metrics_give_one_error(make_run, serve):
    run = make_run(**{"result.json": b"{"})
    api = serve()
    assert [(row["id"], row["state"]) for row in api.get("runs").json["runs"]] == [(run.id, "damaged")]
    reply = api.get(f"runs/{run.id}/metrics")
    assert reply.status == 500 and reply.json["message"].endswith(".") and "Traceback" not in reply.json["message"]


@pytest.mark.parametrize("path", ["runs/nothing", "runs/nothing/metrics", "runs/../../etc", "nothing", ""])
def test_an_unknown_path_gives_a_404_in_the_common_error_format(api, path):
    reply = api.get(path)
    assert reply.status == 404 and set(reply.json) == {"status", "error", "message"}


def test_an_unsupported_method_is_reported(api):
    reply = api.send("DELETE", "runs/digits")
    assert reply.status == 405 and set(reply.json) == {"status", "error", "message"}


def test_runs_are_filtered_as_on_the_runs_page(api):
    assert [row["id"] for row in api.get("runs?q=Learning%20rate%3E0%20test%3E50%25").json["runs"]] == ["digits"]
    assert api.get("runs?q=test%3C0.1").json["runs"] == []
    reply = api.get("runs?q=lerning_rate%3C1")
    assert reply.status == 422 and "Did you mean learning_rate?" in reply.json["message"]
