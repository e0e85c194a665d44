"""`imgcls runs`: every run in one line, or as JSON."""

import json

from imgcls.cli import exit_codes
from imgcls.cli.main import main


def test_runs_are_listed_with_state_and_scores(finished_run, make_run, capsys):
    make_run(**{"config.json": b"damaged"})
    assert main(["runs", "--json"]) == exit_codes.OK
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows[finished_run.id]["state"] == "finished" and rows[finished_run.id]["data"] == "digits"
    assert rows[finished_run.id]["test_accuracy"] == finished_run.result["test_accuracy"]
    damaged = next(row for row in rows.values() if row["id"] != finished_run.id)
    assert damaged["state"] == "damaged" and damaged["test_accuracy"] is None

    assert main(["runs"]) == exit_codes.OK
    assert f"{finished_run.id} " in capsys.readouterr().out


def test_without_runs_it_explains_how_to_train_one(capsys):
    assert main(["runs"]) == exit_codes.OK
    assert "imgcls train --data" in capsys.readouterr().out
