"""`imgcls runs`: every run in one line, or as JSON."""

import json

import pytest

import imgcls
from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.jobs import waiting_list
from imgcls.runs.annotations import notes
from tests.support.runs import mutations


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


def test_runs_are_filtered_and_sorted_as_on_the_page(finished_run, capsys):
    for name, rate in (("slow", 0.001), ("fast", 0.01), ("wild", 0.1)):
        mutations.small_run(f"run-{name}", **{"config.json": json.dumps({"learning_rate": rate}).encode()})
    assert main(["runs", "run-", "learning_rate<=0.01", "--sort", "learning_rate"]) == exit_codes.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ID", "run-fast", "run-slow"]
    assert "learning_rate=0.01" in lines[1], "what was asked for is shown"

    assert main(["runs", "--sort", "learning_rate", "--ascending", "--limit", "1", "--json", "run-"]) == exit_codes.OK
    (row,) = json.loads(capsys.readouterr().out)
    assert row["id"] == "run-slow" and row["settings"]["learning_rate"] == 0.001

    assert main(["runs", "test>1"]) == exit_codes.OK
    assert "None of 4 runs matches. Archived runs are hidden; --archived shows them." in capsys.readouterr().out


def test_columns_have_titles_and_are_as_wide_as_the_longest_id(finished_run, capsys):
    mutations.small_run("study-20261201-173153-b225-0004")
    assert main(["runs"]) == exit_codes.OK
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["ID", "State", "Test", "Validation", "Dataset,", "model", "Name"]
    state, data = header.index("State"), header.index("Dataset")
    assert len(lines) == 2 and all(line[state - 1] == " " and line[state:].startswith("finished") for line in lines)
    assert all(line[data - 1] == " " != line[data] for line in lines)


def test_archived_runs_are_hidden_unless_asked_for(finished_run, capsys):
    notes.archive(mutations.small_run("set-aside"), archived=True)
    assert main(["runs"]) == exit_codes.OK
    assert "set-aside" not in capsys.readouterr().out
    assert main(["runs", "--archived"]) == exit_codes.OK
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("set-aside")]
    assert line.endswith("[archived]")
    assert main(["runs", "--archived", "--json"]) == exit_codes.OK
    marked = {row["id"]: row["archived"] for row in json.loads(capsys.readouterr().out)}
    assert marked == {"set-aside": True, finished_run.id: False}


def test_why_queued_runs_wait_is_told_apart_from_the_list(finished_run, make_run, capsys):
    waiting_list.report_problem("Ray at http://head:8265 refuses: the token is missing.", "ray")
    capsys.readouterr()
    assert main(["runs"]) == exit_codes.OK
    assert capsys.readouterr().err == "", "nothing waits"

    waiting_list.enter(make_run())
    assert main(["runs"]) == exit_codes.OK
    printed = capsys.readouterr()
    assert printed.err == "Queued runs wait: Ray at http://head:8265 refuses: the token is missing.\n"
    assert "refuses" not in printed.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["test>high"], "test> needs a number"),
        (["lerning_rate<1"], "No run has a column or a setting called 'lerning_rate'. Did you mean learning_rate?"),
        (["colour<1"], "No run has a column or a setting called 'colour'. Columns: id, name,"),
        (["--sort", "lerning_rate"], "No run has a column or a setting called 'lerning_rate' to sort by."),
    ],
)
def test_an_invalid_filter_is_named(words, said, finished_run, capsys):
    assert main(["runs", *words]) == exit_codes.USAGE
    assert said in capsys.readouterr().err


def test_programs_get_tags_note_and_own_metrics_and_sort_by_them(capsys):
    for name, score in (("low", 0.2), ("high", 0.9), ("middle", 0.5)):
        mutations.small_run(f"run-{name}")
        imgcls.log_metrics(f"run-{name}", {"night/F1": score})
    mutations.small_run("run-without")
    notes.tag(runs.find("run-high"), "keep", given=True)
    notes.set_note(runs.find("run-high"), "wider")
    assert main(["runs", "--sort", "night/F1", "--json"]) == exit_codes.OK
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == ["run-high", "run-middle", "run-low", "run-without"]
    assert (rows[0]["metrics"], rows[0]["tags"], rows[0]["note"]) == ({"night/F1": 0.9}, ["keep"], "wider")
    assert main(["runs", "--sort", "night/F2"]) == exit_codes.USAGE
