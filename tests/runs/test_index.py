"""The index of runs answers as the folders would, whatever happens to it."""

import contextlib
import json
import os
import sqlite3
import threading

import filelock
import pytest

from imgcls import jobs, models, runs
from imgcls.config import PARAMS, Config
from imgcls.errors import RunError, SettingError
from imgcls.runs import Run, index
from imgcls.runs.annotations import notes
from imgcls.runs.index import Query, database, groups, names, query, unused_names, views
from imgcls.runs.run import TRAINER_LOCK
from imgcls.sharing import NotAllowed, Visitor, acting_as
from imgcls.system import paths
from imgcls.ui.runs import table_columns


@pytest.fixture
def add(make_run):
    """`add(id, accuracy, epochs=…, …)` makes a finished run."""

    def make(run_id: str, accuracy: float, created: float = 1e9, **settings) -> Run:
        result = {"version": 1, "outcome": "finished", "test_accuracy": accuracy, "val_accuracy": accuracy}
        files = {"config.json": Config(data="digits", **settings).as_dict(), "result.json": result}
        return make_run(run_id, **files, **{"trainer.json": {"first": created, "started": created, "ticket": "x"}})

    return make


def ids(text: str = "", **more) -> list[str]:
    return [row["id"] for row in index.search(Query(text=text, **more)).rows]


def test_rows_are_sorted_and_filtered_by_any_column_or_setting(add):
    add("low-rate", 0.9, 1e9, learning_rate=0.001)
    add("high-rate", 0.8, 2e9, learning_rate=0.1)
    add("other-model", 0.7, 3e9, model="ann")
    assert ids() == ["other-model", "high-rate", "low-rate"], "the newest first"
    assert ids(sort="test") == ["low-rate", "high-rate", "other-model"]
    assert ids(sort="learning_rate", descending=False)[-1] == "high-rate"
    assert ids("learning_rate>=0.1") == ["high-rate"] and ids("learning_rate=0.001 model!=ann") == ["low-rate"]
    assert ids("test>0.75 model=cnn") == ["high-rate", "low-rate"] and ids("rate") == ["high-rate", "low-rate"]
    assert ids("early_stopping=off") == ids("early_stopping=false")
    assert ids(exact={"model": ["ann", "none"]}) == ["other-model"] and ids(only=("low-rate",)) == ["low-rate"]
    notes.tag(runs.find("low-rate"), "good", given=True)
    assert ids(exact={"tag": [None]}) == ["other-model", "high-rate"] and len(ids(exact={"tag": ["good", None]})) == 3
    assert ids(exact={"study": [None], "tag": "good"}) == ["low-rate"] and ids(exact={"model": [None]}) == []
    found = index.search(Query(limit=1), values_of=("model",))
    assert (len(found.rows), found.total, found.values["model"]) == (1, 3, ["cnn", "ann"])


def test_names_in_a_filter_may_be_those_on_the_screen(add):
    add("low-rate", 0.9, learning_rate=0.001)
    add("high-rate", 0.8, learning_rate=0.1, optimizer="sgd", model="ann")
    for text in (
        *("Learning rate<=0.01", '"Learning rate"<=0.01', "learning-rate <= 0.01", "LEARNING_RATE<=0.01", "lr<=0.01"),
        *("test>85%", "Test (%) > 85", "Validation (%)>85", "Test>0.85 Validation > 0.85", "optimiser!=SGD"),
        *("low LEARNING RATE<=0.01", 'model="CNN (convolutional)"', 'Dataset="Small digits" lr<0.01'),
    ):
        text = text.replace("CNN (convolutional)", models.title("cnn"))
        assert ids(text) == ["low-rate"], text
    assert ids("state=Interrupted") == [] and ids(sort="Learning rate") == ["high-rate", "low-rate"]
    assert ids('"loss a=b"') == [], "words in quotes may hold an equals sign"


def test_every_column_of_the_table_can_be_filtered_by_its_title():
    for title, column in table_columns.COLUMNS.items():
        expected = names.TAG if title == "Tags" else column.sort
        assert names.resolve(title) == names.resolve(title.upper()) == expected
    for param in PARAMS:
        assert names.resolve(param.label) == names.resolve(param.name)


def test_what_is_wrong_with_a_filter_comes_with_one_that_is_right(add):
    add("only-run", 0.9)
    with pytest.raises(SettingError, match=r"'learnin_rate'. Did you mean learning_rate\? .*For example: model=cnn"):
        ids("Learnin_rate<1")
    with pytest.raises(SettingError, match=r"write test>0.95 or test>95%"):
        ids("test>95")


@pytest.mark.parametrize("text", ['note="open', "learning_rate<fast", "learning_rate=", "tag>3", "x " * 30, "x" * 600])
def test_an_invalid_filter_is_explained(text):
    with pytest.raises(SettingError):
        index.search(Query(text=text))


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE runs; --", "%", "note=%", 'x"y=1', "a.b=1", "__class__=1", "__=1", "(%)>1"]
)
def test_a_hostile_filter_finds_nothing_and_harms_nothing(add, text):
    add("stays-here", 0.9)
    with contextlib.suppress(SettingError):
        assert ids(text) == []
    assert ids() == ["stays-here"]


def test_changes_of_the_folders_are_seen_at_once(add):
    run = add("changes", 0.9)
    assert ids("changes") == ["changes"]
    run.rename("Another name")
    assert index.search(Query()).rows[0]["name"] == "Another name"
    notes.set_note(run, "loss jumps")
    assert ids('note="loss jumps"') == ["changes"] and ids("jumps") == ["changes"]
    run.delete()
    assert ids() == []
    add("changes", 0.5)
    assert index.search(Query()).rows[0]["test"] == 0.5


def test_a_settled_run_is_not_read_again(add, monkeypatch):
    run = add("settled", 0.9)
    monkeypatch.setattr(database, "RACY_SECONDS", -1.0)
    ids()
    monkeypatch.setattr(database, "row_of", lambda run: pytest.fail("it was read again"))
    assert ids() == ["settled"]
    monkeypatch.undo()
    (run.folder / "config.json").write_text(json.dumps(Config(data="digits", epochs=3).as_dict()))


def test_a_run_in_progress_is_read_each_time(make_run):
    run = make_run("waits-here", **{"config.json": Config().as_dict()})
    assert index.search(Query()).rows[0]["state"] == "aside"
    (run.folder / "trainer.json").write_text(json.dumps({"started": 1.0, "first": 1.0, "ticket": "x"}))
    (run.folder / "heartbeat").write_text("running ")
    assert index.search(Query()).rows[0]["state"] == "lost"


def test_the_lock_and_curve_of_a_run_in_progress_are_looked_at_once_for_all_readers(make_run, monkeypatch):
    run = make_run("trains-here", **{"config.json": Config().as_dict()})
    (run.folder / "trainer.json").write_text(json.dumps({"started": 1.0, "first": 1.0, "ticket": "x"}))
    (run.folder / "heartbeat").write_text("running ")
    (run.folder / "metrics.jsonl").touch()
    lock = filelock.FileLock(run.folder / TRAINER_LOCK)
    lock.acquire()
    os.utime(run.folder, (1e9, 1e9))  # what it was last changed by is long ago

    def seen(seconds: float) -> tuple[str, float | None]:
        monkeypatch.setattr(database, "OPEN_SECONDS", seconds)
        (row,) = index.search(Query()).rows
        return row["state"], row["last"]

    assert seen(0) == ("running", None)
    monkeypatch.setattr(database, "row_of", lambda run: pytest.fail("its other files are as they were"))
    (run.folder / "metrics.jsonl").write_text(json.dumps({"kind": "epoch", "epoch": 1, "val_accuracy": 0.5}) + "\n")
    assert seen(1e9) == ("running", None), "another reader has just looked"
    assert seen(0) == ("running", 0.5)
    lock.release()
    assert seen(0) == ("lost", 0.5)


def test_readers_who_come_at_once_do_not_each_bring_the_index_up_to_date(add, monkeypatch):
    add("stays-here", 0.9)
    begun, go_on = [], threading.Event()

    def slow(connection, refresh=database._refresh) -> None:
        begun.append(1)
        go_on.wait(60)
        refresh(connection)

    monkeypatch.setattr(database, "_refresh", slow)
    found: list[list[str]] = []
    asked = threading.Semaphore(0)
    path_of_index = database._path
    monkeypatch.setattr(database, "_path", lambda *of: (path_of_index(*of), asked.release())[0])
    readers = [threading.Thread(target=lambda: found.append(ids())) for _ in range(8)]
    for reader in readers:
        reader.start()
    for _ in readers:
        asked.acquire(timeout=60)
    go_on.set()
    for reader in readers:
        reader.join()
    assert found == [["stays-here"]] * 8
    assert len(begun) <= 2, "the first, and another for those who came while it read"


@pytest.mark.parametrize(
    "content", [b"", b"no database at all, but long enough to look at", b"SQLite format 3\0" + b"x" * 200]
)
def test_a_damaged_index_is_made_again(add, content):
    add("stays-here", 0.9)
    ids()
    (path,) = paths.cache_folder().glob("runs-*.sqlite")
    path.write_bytes(content)
    assert ids() == ["stays-here"] and ids() == ["stays-here"]


@pytest.mark.parametrize(
    "question", [lambda: ids(), lambda: query.repeated(5), lambda: groups.grouped(Query(), "data")]
)
def test_damage_that_only_the_question_meets_is_repaired_too(add, question, monkeypatch):
    """Its first page is intact, as after a loss of power."""
    monkeypatch.setattr(database, "RACY_SECONDS", -1.0)
    for number in range(40):
        add(f"run-{number:02}", 0.9)
    expected = question()
    (path,) = paths.cache_folder().glob("runs-*.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET row = '{' || substr(row, 1, 20) WHERE id = 'run-07'")
    assert question() == expected and question() == expected
    assert index.search(Query()).total == 40


def test_a_page_looks_at_the_folders_once(add, monkeypatch):
    add("one-run", 0.9)
    looks = []
    refresh = database._refresh
    monkeypatch.setattr(database, "_refresh", lambda connection: looks.append(connection) or refresh(connection))
    with index.looked_at_once():
        assert ids() == ["one-run"]
        add("later-run", 0.8)
        assert ids() == ["one-run"] and query.repeated(5) == []
    assert len(looks) == 1
    assert sorted(ids()) == ["later-run", "one-run"]


def test_a_page_survives_an_index_that_is_damaged(add):
    add("one-run", 0.9)
    ids()
    (path,) = paths.cache_folder().glob("runs-*.sqlite")
    path.write_bytes(b"no database at all")
    with index.looked_at_once():
        assert ids() == ["one-run"]
        assert ids() == ["one-run"]


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
        row, described = index.row_of(run), runs.store.described(run)
        for found in (row, described):
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


def test_notes_survive_damage_and_have_limits(add):
    run = add("noted-run", 0.9)
    notes.set_epoch(run, 3, "loss jumps")
    notes.tag(run, " two  words ", given=True)
    assert notes.read(run) == notes.Notes("", ("two words",), {3: "loss jumps"}, False)
    notes.set_epoch(run, 3, "")
    assert notes.read(run).epochs == {}
    for content in (b"{", b"[]", b'{"version": 1, "tags": 3, "epochs": []}', b'{"version": 2, "note": "x"}'):
        (run.folder / notes.NAME).write_bytes(content)
        assert notes.read(run) == notes.Notes()
    with pytest.raises(RunError, match="letter or digit"):
        notes.tag(run, "\n", given=True)


def test_the_default_view_is_one_that_exists():
    views.save("Best", "q=model%3Dcnn")
    assert views.default() is None
    views.set_default("Best")
    views.save("Another", "sort=test")
    assert views.default() == "Best", "kept when another view is saved"
    views.set_default("Missing")
    assert views.default() is None
    views.set_default("Best")
    views.save("Best", None)
    assert views.default() is None, "removed with its view"


def test_views_are_saved_by_name():
    views.save("Best", "q=model%3Dcnn")
    views.save("Another", "sort=test")
    assert list(views.read()) == ["Another", "Best"]
    views.save("Best", None)
    assert views.read() == {"Another": "sort=test"}
    with pytest.raises(RunError):
        views.save(" ", "q=x")


@pytest.mark.parametrize("mode", ["classroom", "read-only"])
def test_a_guest_saves_no_view(monkeypatch, mode):
    """Each new cookie would leave a file on the server."""
    monkeypatch.setenv("IMGCLS_MODE", mode)
    with acting_as(Visitor("C" * 22)):
        with pytest.raises(NotAllowed, match="save views"):
            views.save("Best", "sort=test")
        assert views.read() == {}


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
