"""What the index counts and puts together: archived runs, groups, studies, repeated runs."""

import json

import numpy as np
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.runs import index
from imgcls.runs.annotations import notes
from imgcls.runs.index import Query, groups, names, query, recording, unused_names
from imgcls.runs.index.described import described
from imgcls.system import paths
from imgcls.ui.runs.studies import cards
from imgcls.ui.widgets import formatting


def ids(text: str = "", **more) -> list[str]:
    return [row["id"] for row in index.search(Query(text=text, **more)).rows]


def test_archived_runs_are_hidden_until_they_are_asked_for(add):
    run = add("old-one", 0.9)
    notes.archive(run, archived=True)
    assert ids() == [] and ids(archived=True) == ["old-one"]
    notes.archive(run, archived=False)
    assert ids() == ["old-one"]


def test_groups_have_their_best_and_mean_scores(add):
    for name, accuracy in (("one", 0.9), ("two", 0.7), ("three", 0.5)):
        notes.tag(add(f"run-{name}", accuracy), "baseline" if name != "three" else "other", given=True)
    first, second = groups.grouped(Query(), "tag")
    assert (first.value, first.runs, first.best_test, first.mean_test) == ("baseline", 2, 0.9, pytest.approx(0.8))
    assert second.value == "other" and sorted(ids("tag=baseline")) == ["run-one", "run-two"]
    assert ids(exact={"tag": ["other"]}) == ["run-three"]
    assert len(ids(exact={"tag": ["baseline", "other"]})) == 3, "any of the selected groups, as for other columns"
    assert [group.value for group in groups.grouped(Query(), "data")] == ["digits"]


def test_groups_of_several_datasets_have_no_scores(add):
    add("digits-run", 0.9)
    notes.tag(add("tagged-run", 0.8), "mixed", given=True)
    other = add("other-data", 0.5)
    config = json.loads((other.folder / "config.json").read_text())
    (other.folder / "config.json").write_text(json.dumps(config | {"data": "fashion"}))
    notes.tag(other, "mixed", given=True)
    (mixed,) = groups.grouped(Query(), "tag")
    assert mixed.datasets == ("digits", "fashion")
    assert (mixed.best_test, mixed.mean_test, mixed.best) == (None, None, None)
    first, second = groups.grouped(Query(), "data")
    assert (first.datasets, first.mean_test) == (("digits",), pytest.approx(0.85)) and second.mean_test == 0.5


def test_a_study_is_one_row_unless_trials_are_wanted(add):
    add("alone-here", 0.7)
    for number, accuracy in enumerate((0.6, 0.9, 0.8)):
        run = add(f"trial-{number}", accuracy, learning_rate=0.001 * (number + 1))
        record = {"version": 1, "study": "my-study", "number": number, "params": {}}
        (run.folder / "trial.json").write_text(json.dumps(record))
        result = {"version": 1, "outcome": "finished", "val_accuracy": accuracy}
        (run.folder / "result.json").write_text(json.dumps(result))
    assert len(ids()) == 4
    assert ids(trials=False, sort="best") == ["trial-1", "alone-here"], "the best of them"
    found = index.search(Query(trials=False, limit=1))
    assert (found.total, found.everything, found.studies) == (2, 2, {"my-study": 3})
    assert ids("learning_rate>=0.003", trials=False) == ["trial-2"], "of those that match"
    winner = {"version": 1, "outcome": "finished", "val_accuracy": 0.6, "test_accuracy": 0.6}
    (paths.runs_folder() / "trial-0" / "result.json").write_text(json.dumps(winner))
    assert "trial-0" in ids(trials=False), "the winner, which alone is tested"


def test_training_and_total_time_are_told_apart(add):
    run = add("timed-run", 0.9)
    for times, expected in (((12.0, 45.0), (12.0, 45.0)), ((30.0, 9.0), (30.0, None)), ((None, 9.0), (None, 9.0))):
        result = {"version": 1, "outcome": "finished", "training_seconds": times[0], "seconds": times[1]}
        (run.folder / "result.json").write_text(json.dumps(result))
        for found in (index.row_of(run), described(run)):
            assert (found["training_seconds"], found["seconds"]) == expected
    assert ids("Training time<10") == []


def test_runs_that_differ_only_in_the_seed_are_found(add):
    for seed in range(3):
        add(f"seed-{seed}", 0.9, seed=seed)
    add("alone-here", 0.9, epochs=99)
    assert sorted(query.repeated(5)) == ["seed-0", "seed-1", "seed-2"]


def test_a_continued_run_names_its_parent(add):
    run = add("first-one", 0.9)
    for name in ("metrics.jsonl", "checkpoint.npz"):
        (run.folder / name).write_bytes(b"")
    new = runs.create(Config(), run_id="second-one", start_from=run.folder)
    assert runs.store.parent_of(new) == "first-one" and ids("parent=first-one") == ["second-one"]


def test_the_last_score_is_that_of_the_last_epoch(add):
    run = add("curve-here", 0.9)
    lines = [{"kind": "epoch", "epoch": epoch, "val_accuracy": 0.9 - 0.1 * epoch} for epoch in (1, 2)]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"kind": "epo')
    assert index.row_of(run)["last"] == pytest.approx(0.7) and index.row_of(run)["best"] == 0.9


def test_archived_runs_are_counted_apart(add):
    for number in range(4):
        notes.archive(add(f"run-{number}", 0.5, batch_size=number + 1), archived=number > 1)
    for text, shown, hidden in (("", 2, 2), ("batch_size>2", 0, 2), ("batch_size<=3", 2, 1)):
        asked = Query(text=text)
        found = query.archived_left_out(asked, index.search(asked))
        assert (found.total, found.everything, found.archived) == (shown, 2, hidden)
    asked = Query(archived=True)
    assert query.archived_left_out(asked, index.search(asked)).total == 4


def test_a_run_without_a_name_gets_one_that_no_run_has(make_run, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    config = Config(data="digits", model="ann")
    default = "Dense network on Small digits"
    assert unused_names.of_new_run(config) == default
    for number, label in enumerate((default, f"{default} 2", f"{default} (old)", f"{default} 4", "X, seed 1")):
        make_run(f"run-{number}", **{"label.txt": label.encode()})
    assert unused_names.of_new_run(config) == f"{default} 3"
    assert jobs.begin(config).label == f"{default} 3" and jobs.begin(config, "Mine").label == "Mine"
    assert jobs.begin(config).label == f"{default} 5", "the index knows the run that has just been created"
    assert (
        unused_names.based_on("X", (", seed 0", ", seed 1")) == "X 2"
        and unused_names.based_on("X", (", seed 0",)) == "X"
    )
    long = "A long name, " * 4 + "of sixty"
    make_run("run-long", **{"label.txt": long.encode()})
    assert unused_names.based_on(long).endswith("… 2") and len(unused_names.based_on(long)) == 60


def test_none_as_a_value_finds_the_runs_without_one(add):
    add("run-alone", 0.9)
    trial = add("run-trial", 0.8)
    (trial.folder / "trial.json").write_text(json.dumps({"version": 1, "study": "mine", "number": 0, "params": {}}))
    notes.tag(trial, "good", given=True)
    for name in ("study", "tag"):
        assert ids(f"{name}=none") == ["run-alone"] and ids(f"{name}!=none") == ["run-trial"]
    assert ids("parent=none") == ["run-trial", "run-alone"]
    with pytest.raises(SettingError) as refusal:
        ids("study=")
    assert "study=none finds runs without one." in str(refusal.value)
    assert str(refusal.value).lower().count("for example") == 1


def test_guessing_scores_the_most_frequent_class_of_the_images_that_judge_a_run(add):
    run = add("skewed-run", 0.9)
    tested = run.result | {"counts": {"test": 10, "validation": 5}}
    (run.folder / "result.json").write_text(json.dumps(tested))
    (run.folder / "model.json").write_text(
        json.dumps({"version": 1, "classes": ["a", "b"], "shape": [8, 8, 1], "ink": True})
    )
    np.savez(run.folder / "predictions.npz", labels=np.array([0] * 8 + [1] * 2, np.int32))
    assert (index.row_of(run)["guess"], index.row_of(run)["judged"]) == (0.8, 10)
    del tested["test_accuracy"]
    (run.folder / "result.json").write_text(json.dumps(tested))
    np.savez(run.folder / "validation.npz", labels=np.array([0, 0, 0, 1, 1], np.int32))
    assert (index.row_of(run)["guess"], index.row_of(run)["judged"]) == (0.6, 5), "of a trial, which is not tested"
    for content in (b"", b"PK damaged"):
        (run.folder / "validation.npz").write_bytes(content)
        assert index.row_of(run)["guess"] == 0.5, "as if both classes were equally frequent"
    (run.folder / "result.json").write_text(json.dumps(tested | {"test_accuracy": 0.9, "test_macro_f1": 0.9}))
    assert index.row_of(run)["guess"] is None, "several labels an image have no such guess"


def test_each_state_has_one_word_on_pages_in_messages_and_in_a_shell():
    for state, (word, *_) in formatting.STATES.items():
        assert names.state_word(state) == word.lower(), state
        assert names.value("state", word.lower()) == state
    for state, (word, *_) in cards.STATES.items():
        assert word.lower() == state


def test_groups_have_the_last_values_of_own_metrics(add):
    for name, tag, values in (("one-run", "a", (0.1, 0.5)), ("two-run", "a", (0.7,)), ("three-run", "b", ())):
        run = add(name, 0.9)
        notes.tag(run, tag, given=True)
        for value in values:
            recording.record(run, {"night/f1": value})
    for by, found in (("tag", ["a", "b"]), ("data", ["digits"])):
        of_groups = {one.value: dict(one.own) for one in groups.grouped(Query(sort="test"), by)}
        assert sorted(of_groups) == found and of_groups.get("b", {}) == {}
        assert sorted(of_groups[found[0]]["night/f1"]) == [0.5, 0.7], "the last value of each run that has one"
    only = tuple(row["id"] for row in index.search(Query()).rows)
    assert groups.grouped(Query(only=only), "tag")[0].own.keys() == {"night/f1"}, "on a shared server"
    add("other-run", 0.9, model="ann")
    (run_folder,) = [run.folder for run in runs.all_runs() if run.id == "other-run"]
    config = json.loads((run_folder / "config.json").read_text()) | {"data": "mnist_sample"}
    (run_folder / "config.json").write_text(json.dumps(config))
    notes.tag(runs.find("other-run"), "a", given=True)
    assert {one.value: dict(one.own) for one in groups.grouped(Query(), "tag")}["a"] == {}, "of two datasets"
