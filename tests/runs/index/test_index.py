"""The index of runs answers as the folders would, whatever happens to it."""

import contextlib
import json
import os
import sqlite3
import threading

import filelock
import pytest

from imgcls import models, runs
from imgcls.config import PARAMS, Config
from imgcls.errors import SettingError
from imgcls.runs import index
from imgcls.runs.annotations import notes
from imgcls.runs.index import Query, database, groups, names, query
from imgcls.runs.run import TRAINER_LOCK
from imgcls.system import paths
from imgcls.ui.runs import table_columns


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
