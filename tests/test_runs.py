"""A run, read from its folder: every state from folders made by hand, hostile ids and names, clocks and full disks."""

import json
import os
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imgcls import places, runs
from imgcls.config import Config
from imgcls.errors import RunError, SettingError

ID = "20260102-030405-0123abcd"
FRESH, SILENT = 0, 3600


@pytest.fixture
def made():
    """Makes a run folder by hand: `made(heartbeat=3600, **{"result.json": {...}})`; ages are in seconds."""

    def make(run_id: str = ID, *, heartbeat=None, trainer=None, **files) -> runs.Run:
        folder = places.runs_folder() / run_id
        folder.mkdir(parents=True)
        files = {"config.json": Config().as_dict()} | files
        for name, content in files.items():
            if content is not None:
                path = folder / name
                path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        for name, age in (("heartbeat", heartbeat), ("trainer.json", trainer)):
            if age is not None:
                (folder / name).write_text("{}")
                os.utime(folder / name, (time.time() - age,) * 2)
        return runs.Run(folder)

    return make


# ---- states

RESULT = {"version": 1, "outcome": "finished"}


@pytest.mark.parametrize(
    ("state", "files"),
    [
        ("queued", {}),
        ("starting", {"trainer": FRESH}),
        ("queued", {"trainer": FRESH, "heartbeat": FRESH}),
        ("running", {"trainer": FRESH, "heartbeat": FRESH, "metrics.jsonl": b""}),
        ("running", {"trainer": SILENT, "heartbeat": 2, "metrics.jsonl": b""}),
        ("lost", {"trainer": SILENT}),
        ("lost", {"trainer": SILENT, "heartbeat": SILENT}),
        ("lost", {"trainer": SILENT, "heartbeat": 6, "metrics.jsonl": b""}),
        ("finished", {"result.json": RESULT, "heartbeat": SILENT}),
        ("finished", {"result.json": RESULT, "heartbeat": FRESH, "metrics.jsonl": b""}),
        ("stopped", {"result.json": {"version": 1, "outcome": "stopped"}}),
        ("failed", {"result.json": {"version": 1, "outcome": "failed"}}),
        ("failed", {"result.json": {"version": 1, "outcome": "failed"}, "config.json": b"{"}),
        ("damaged", {"config.json": None}),
        ("damaged", {"config.json": b""}),
        ("damaged", {"config.json": b'{"version": 1, "da'}),
        ("damaged", {"config.json": {"version": 2}}),
        ("damaged", {"config.json": {"epochs": 0}, "heartbeat": FRESH}),
        ("damaged", {"result.json": b""}),
        ("damaged", {"result.json": b'{"version": 1, "outcome": "fin'}),
        ("damaged", {"result.json": b"[" * 100_000}),
        ("damaged", {"result.json": []}),
        ("damaged", {"result.json": {}}),
        ("damaged", {"result.json": {"outcome": "splendid"}}),
        ("damaged", {"result.json": {"outcome": ["finished"]}}),
        ("damaged", {"result.json": {"version": 2, "outcome": "finished"}}),
        ("damaged", {"result.json": {"version": "1", "outcome": "finished"}}),
    ],
)
def test_the_state_is_read_from_the_folder(made, state, files):
    run = made(**files)
    before = sorted(path.name for path in run.folder.iterdir())
    assert run.state == state
    assert run.is_over == (state not in ("queued", "starting", "running"))
    assert state in runs.STATES
    assert sorted(path.name for path in run.folder.iterdir()) == before


def test_the_limits_of_silence_are_those_that_the_module_names(made, monkeypatch):
    run = made(trainer=4)
    assert run.state == "starting"
    monkeypatch.setattr(runs, "START_SECONDS", 3)
    assert run.state == "lost"
    beating = made("another-run", heartbeat=4, **{"metrics.jsonl": b""})
    assert beating.state == "running"
    monkeypatch.setattr(runs, "SILENT_SECONDS", 3)
    assert beating.state == "lost"


def test_a_result_of_a_newer_version_is_refused_politely(made):
    run = made(**{"result.json": {"version": 2, "outcome": "finished"}})
    with pytest.raises(RunError, match=r"^This run was made by a newer version of the program\. Update the program"):
        run.result  # noqa: B018


def test_a_damaged_run_harms_no_other(made):
    made("damaged-run", **{"config.json": b"{", "trainer.json": b"{", "label.txt": b"\xff\xfe"})
    made("good-run", **{"result.json": RESULT})
    assert {run.id: run.state for run in runs.everything()} == {"damaged-run": "damaged", "good-run": "finished"}
    with pytest.raises(SettingError):
        runs.find("damaged-run").config  # noqa: B018


def test_a_folder_that_vanishes_while_it_is_read_is_only_damaged(made):
    run = made(heartbeat=FRESH)
    shutil.rmtree(run.folder)
    assert run.state == "damaged"
    assert run.label == ID
    assert run.created == 0
    assert run.result is None
    assert not run.asked_to_stop


def test_a_new_run_is_queued_until_it_is_claimed():
    run = runs.create(Config(), "First")
    assert run.state == "queued"
    assert not run.is_over
    assert run.config == Config()
    assert run.label == "First"
    assert sorted(path.name for path in run.folder.iterdir()) == ["config.json", "label.txt"]


# ---- clocks


@pytest.mark.parametrize("ahead", [3600, 86400 * 365])
def test_a_heartbeat_from_the_future_is_no_sign_of_life(made, ahead):
    assert made(heartbeat=-ahead, **{"metrics.jsonl": b""}).state == "lost"
    assert made("not-begun", trainer=-ahead).state == "lost"


def test_a_clock_that_was_set_back_a_little_fails_no_run(made):
    assert made(heartbeat=-3, **{"metrics.jsonl": b""}).state == "running"


def test_a_clock_set_to_1970_fails_no_run_that_beats(made, monkeypatch):
    run = made(heartbeat=FRESH, **{"metrics.jsonl": b"", "trainer.json": {"started": 12.5}})
    monkeypatch.setattr(time, "time", lambda: 13.0)
    assert run.state == "lost"  # until the next beat, within a second
    os.utime(run.folder / "heartbeat", (12.9, 12.9))
    assert run.state == "running"
    assert run.created == 12.5
    assert runs.ID.fullmatch(runs.new_id())


@pytest.mark.parametrize("started", ["NaN", "Infinity", '"soon"', "null", "[]", "1" + "0" * 400])
def test_a_start_that_is_no_time_is_replaced_by_the_time_of_the_settings(made, started):
    run = made(**{"trainer.json": f'{{"started": {started}}}'.encode()})
    os.utime(run.folder / "config.json", (1000, 1000))
    assert run.created == 1000


def test_the_newest_run_comes_first(made):
    for number in (2, 3, 1):
        made(f"run-number-{number}", **{"trainer.json": {"started": float(number)}})
    assert [run.id for run in runs.everything()] == ["run-number-3", "run-number-2", "run-number-1"]


# ---- ids

TRAVERSALS = [
    pattern.replace("SECRET", secret)
    for secret in ("etc/passwd", "outside/config.json", "outside", "runs", "20260102-030405-0123abcd", "x", "", "%00")
    for pattern in (
        "../SECRET",
        "../../SECRET",
        "../../../../../../../../SECRET",
        "..\\SECRET",
        "..\\..\\SECRET",
        "/SECRET",
        "//SECRET",
        "\\\\server\\SECRET",
        "C:\\SECRET",
        "C:/SECRET",
        "a/../../SECRET",
        "a/SECRET",
        "./SECRET",
        ".../SECRET",
        "%2e%2e/SECRET",
        "%2e%2e%2fSECRET",
        "..%2fSECRET",
        "%252e%252e%252fSECRET",
        "..%c0%afSECRET",
        "\u2025/SECRET",
        "\uff0e\uff0e/SECRET",
        "..\u2215SECRET",
        "~/SECRET",
        "~root/SECRET",
        "file:///SECRET",
        "SECRET\0",
        "SECRET/..",
        "SECRET\n",
    )
] + ["", ".", "..", "ab", "-rf", "_a_b", "CON.", "a" * 10_000, "a" * 42, "Ümläut", "UPPER", "a b c", "run\n", "$HOME"]

opened: list[str] = []
watching = threading.Event()


def _watch(event, arguments):
    if watching.is_set() and event in ("open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove"):
        opened.append(str(arguments[0]))


def test_no_id_leads_outside_the_folder_of_runs(made, tmp_path):
    made()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "config.json").write_text(json.dumps(Config().as_dict()))
    assert len(set(TRAVERSALS)) >= 200
    sys.addaudithook(_watch)
    opened.clear()
    watching.set()
    try:
        for run_id in TRAVERSALS:
            assert not runs.exists(run_id), run_id
            with pytest.raises(RunError) as error:
                runs.find(run_id)
            assert str(error.value).startswith("There is no run '")
            assert len(str(error.value)) < 150
            if run_id:
                with pytest.raises(RunError, match="A run cannot have the id"):
                    runs.create(Config(), run_id=run_id)
        seen = list(opened)
        (outside / "config.json").read_text()  # the hook does see what happens
    finally:
        watching.clear()
    assert [path for path in seen if str(tmp_path / "runs") not in path and "/" in path] == []
    assert str(outside / "config.json") in opened
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "runs"]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [ID]


def test_a_good_id_is_found(made):
    made()
    assert runs.find(ID).folder == places.runs_folder() / ID
    assert runs.exists(ID)


def test_a_file_or_a_strange_folder_among_the_runs_is_no_run(made):
    made()
    root = places.runs_folder()
    (root / "some-file").write_text("")
    for name in (".deleted-1234", ".new-1234", ".trainer.lock.d", "With Capitals"):
        (root / name).mkdir()
    assert [run.id for run in runs.everything()] == [ID]
    with pytest.raises(RunError):
        runs.find("some-file")


def test_a_new_id_sorts_by_time_and_is_never_given_twice():
    ids = {runs.new_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(runs.ID.fullmatch(run_id) for run_id in ids)


# ---- creating


def test_two_presses_of_start_with_one_id_give_one_run():
    first = runs.create(Config(epochs=3), "First", run_id=ID)
    second = runs.create(Config(epochs=4), "Second", run_id=ID)
    assert first == second
    assert second.config.epochs == 3
    assert second.label == "First"
    assert [path.name for path in places.runs_folder().iterdir()] == [ID]


def test_eight_threads_with_one_id_give_one_run():
    for turn in range(10):
        run_id = f"shared-{turn}"
        together = threading.Barrier(8)

        def press(number, run_id=run_id, together=together):
            together.wait()
            return runs.create(Config(epochs=number), f"Thread {number}", run_id=run_id)

        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(press, range(1, 9)))
        assert len(set(made)) == 1
        assert made[0].label == f"Thread {made[0].config.epochs}"
    assert len(list(places.runs_folder().iterdir())) == 10


def test_two_presses_without_an_id_are_two_runs():
    assert runs.create(Config()) != runs.create(Config())
    assert len(runs.everything()) == 2


def test_a_folder_for_runs_that_cannot_be_written_gets_its_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IMGCLS_RUNS", str(tmp_path / "file"))
    with pytest.raises(RunError, match=r"^No run can be started: the folder for runs cannot be written \(.+\)\. Free"):
        runs.create(Config())
    assert runs.everything() == []


def test_a_write_that_fails_leaves_no_half_of_a_run(monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RunError, match="No space left on device"):
        runs.create(Config())
    assert list(places.runs_folder().iterdir()) == []


def test_without_a_folder_for_runs_there_are_none():
    assert not places.runs_folder().exists()
    assert runs.everything() == []


# ---- names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Plain name", "Plain name"),
        ("  much   space \t ", "much space"),
        ("two\nlines\r\nthree", "two lines three"),
        ("abc\u202egnp.exe", "abc gnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("nul\0and\x1b[31mred", "nul and [31mred"),
        ("\ud800 alone", "alone"),
        ("\ufeffmark", "mark"),
        ("Käse 面条 🍜", "Käse 面条 🍜"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 100, "x" * 60),
        ("x" * 59 + " yz", "x" * 59),
        ("\u202e\u200b \n", ""),
    ],
)
def test_a_name_is_kept_literally_without_what_cannot_be_seen(given, kept):
    assert runs.clean_label(given) == kept
    assert runs.create(Config(data="digits", model="ann"), given).label == (kept or "ann on digits")


def test_a_name_that_somebody_wrote_into_the_file_is_cleaned_too(made):
    assert made(**{"label.txt": "a\u202eb\n".encode()}).label == "a b"
    assert made("without-name").label == "without-name"
    assert made("empty-name", **{"label.txt": b"\n"}).label == "empty-name"
    assert made("broken-name", **{"label.txt": b"ok \xff\xfe"}).label.startswith("ok ")


def test_a_run_can_be_renamed(made):
    run = made()
    run.rename(" New\u202e name ")
    assert run.label == "New name"
    with pytest.raises(RunError, match=r"^A name needs at least one letter or digit\.$"):
        run.rename(" \n\u202e")
    assert run.label == "New name"
    shutil.rmtree(run.folder)
    with pytest.raises(RunError, match=r"^This run was deleted meanwhile\.$"):
        run.rename("Too late")


# ---- requests, models, deleting


def test_a_request_to_stop_is_a_file(made):
    run = made()
    assert not run.asked_to_stop
    run.ask_to_stop()
    assert run.asked_to_stop
    assert json.loads((run.folder / "request.json").read_text())["stop"] is True


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"stop": false}'])
def test_a_damaged_request_stops_nothing(made, content):
    assert not made(**{"request.json": content}).asked_to_stop


def test_the_model_is_ready_with_both_its_files(made):
    facts = {"classes": ["0", "1"], "shape": [8, 8, 1], "ink": True}
    run = made(**{"model.tflite": b"x"})
    assert not run.is_ready
    with pytest.raises(RunError, match=r"^This run has no trained model\. Pick another run, or train one\.$"):
        run.model  # noqa: B018
    (run.folder / "model.json").write_text(json.dumps(facts))
    assert run.is_ready
    assert run.model == facts
    assert not run.is_tested
    (run.folder / "predictions.npz").write_bytes(b"")
    assert run.is_tested


@pytest.mark.parametrize(
    "damage",
    [
        {"classes": None},
        {"classes": 2},
        {"classes": ["only one"]},
        {"classes": [0, 1]},
        {"shape": None},
        {"shape": 5},
        {"shape": [8, 8]},
        {"shape": [8, 8, 2]},
        {"shape": [8, 0, 1]},
        {"shape": [8, 10**9, 1]},
        {"shape": ["8", "8", "1"]},
        {"ink": None},
    ],
    ids=str,
)
def test_a_damaged_model_table_is_a_sentence(made, damage):
    facts = {"classes": ["0", "1"], "shape": [8, 8, 1], "ink": True}
    assert made("whole-run", **{"model.json": facts}).model == facts
    with pytest.raises(RunError, match=r"model\.json of this run is damaged"):
        made(**{"model.json": facts | damage}).model  # noqa: B018


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"{"])
def test_a_torn_model_table_is_a_sentence(made, content):
    with pytest.raises(RunError, match=r"model\.json of this run is damaged"):
        made(**{"model.json": content}).model  # noqa: B018


def test_a_stamp_changes_with_its_files(made):
    run = made()
    before = run.stamp("config.json", "result.json")
    assert before[1] == 0
    os.utime(run.folder / "config.json", (5, 5))
    assert run.stamp("config.json", "result.json") == (5, 0)


def test_deleting_a_run_leaves_nothing(made):
    run = made(**{"result.json": RESULT})
    other = made("other-run")
    run.delete()
    assert [path.name for path in places.runs_folder().iterdir()] == ["other-run"]
    run.delete()  # a second press
    assert runs.everything() == [other]
    with pytest.raises(RunError):
        runs.find(ID)


def test_a_run_that_cannot_be_deleted_stays_whole_and_says_so(made, monkeypatch):
    run = made(**{"result.json": RESULT})

    def refused(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(RunError, match=r"^This run could not be deleted: Permission denied\.$"):
        run.delete()
    assert run.state == "finished"
