"""All runs: hostile IDs, repeated clicks on Start, listing, unwritable folders, names."""

import json
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imgcls import runs
from imgcls.config import Config
from imgcls.errors import RunError, SettingError
from imgcls.runs import run_name
from imgcls.system import paths

ID = "20260102-030405-0123abcd"


def names_in(run) -> list[str]:
    return sorted(path.name for path in run.folder.iterdir())


def test_a_new_run_is_idle_until_it_is_queued():
    run = runs.create(Config(), "First")
    assert run.state == "aside"
    assert not run.has_ended
    assert run.config == Config()
    assert run.label == "First"
    assert names_in(run) == ["config.json", "label.txt"]


def test_a_new_run_with_a_queue_position_is_queued_immediately():
    run, other = runs.create(Config(), place=2.5), runs.create(Config(), place=1.0)
    assert run.state == other.state == "queued"
    content = json.loads((run.folder / "queued.json").read_text())
    assert content["place"] == 2.5
    assert content["ticket"] != json.loads((other.folder / "queued.json").read_text())["ticket"]


def test_a_run_that_continues_another_has_its_curve_and_checkpoint(make_run):
    first = make_run(**{"metrics.jsonl": b"curve", "checkpoint.npz": b"checkpoint", "request.json": {"stop": True}})
    second = runs.create(Config(epochs=20), "Longer", start_from=first.folder)
    assert names_in(second) == ["checkpoint.npz", "config.json", "label.txt", "metrics.jsonl", "parent.json"]
    assert (second.folder / "metrics.jsonl").read_bytes() == b"curve"
    assert (second.folder / "checkpoint.npz").read_bytes() == b"checkpoint"
    assert first.config.epochs == 10


def test_a_run_cannot_continue_one_without_a_checkpoint(make_run):
    first = make_run(**{"metrics.jsonl": b"curve"})
    with pytest.raises(RunError, match=r"^The run cannot be created"):
        runs.create(Config(), start_from=first.folder)
    assert runs.all_runs() == [first]
    assert [path.name for path in paths.runs_folder().iterdir()] == [ID]


def test_a_damaged_run_does_not_affect_others(make_run):
    make_run("damaged-run", **{"config.json": b"{", "trainer.json": b"{", "label.txt": b"\xff\xfe"})
    make_run("good-run", **{"result.json": {"version": 1, "outcome": "finished"}})
    assert {run.id: run.state for run in runs.all_runs()} == {"damaged-run": "damaged", "good-run": "finished"}
    with pytest.raises(SettingError):
        runs.find("damaged-run").config  # noqa: B018


def test_the_newest_run_comes_first(make_run):
    for number in (2, 3, 1):
        make_run(f"run-number-{number}", **{"trainer.json": {"started": float(number)}})
    assert [run.id for run in runs.all_runs()] == ["run-number-3", "run-number-2", "run-number-1"]


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


def test_no_id_escapes_the_runs_folder(make_run, tmp_path):
    make_run()
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
                with pytest.raises(RunError, match="Invalid run ID"):
                    runs.create(Config(), run_id=run_id)
        seen = list(opened)
        (outside / "config.json").read_text()  # the hook does record accesses
    finally:
        watching.clear()
    assert [path for path in seen if str(tmp_path / "runs") not in path and "/" in path] == []
    assert str(outside / "config.json") in opened
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "runs"]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [ID]


def test_a_valid_id_is_found(make_run):
    make_run()
    assert runs.find(ID).folder == paths.runs_folder() / ID
    assert runs.exists(ID)


def test_files_and_unrelated_folders_are_not_runs(make_run):
    make_run()
    root = paths.runs_folder()
    (root / "some-file").write_text("")
    for name in (".deleted-1234", ".new-1234", ".trainer.lock.d", "With Capitals"):
        (root / name).mkdir()
    assert [run.id for run in runs.all_runs()] == [ID]
    with pytest.raises(RunError):
        runs.find("some-file")


def test_new_ids_sort_by_time_and_are_unique():
    ids = {runs.new_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(runs.ID.fullmatch(run_id) for run_id in ids)


# ---- creating


def test_clicking_start_twice_with_one_id_creates_one_run():
    first = runs.create(Config(epochs=3), "First", run_id=ID)
    second = runs.create(Config(epochs=4), "Second", run_id=ID)
    assert first == second
    assert second.config.epochs == 3
    assert second.label == "First"
    assert [path.name for path in paths.runs_folder().iterdir()] == [ID]


def test_eight_threads_with_one_id_create_one_run():
    for turn in range(10):
        run_id = f"shared-{turn}"
        together = threading.Barrier(8)

        def click(number, run_id=run_id, together=together):
            together.wait()
            return runs.create(Config(epochs=number), f"Thread {number}", run_id=run_id)

        with ThreadPoolExecutor(8) as pool:
            created = list(pool.map(click, range(1, 9)))
        assert len(set(created)) == 1
        assert created[0].label == f"Thread {created[0].config.epochs}"
    assert len(list(paths.runs_folder().iterdir())) == 10


def test_clicking_start_twice_without_an_id_creates_two_runs():
    assert runs.create(Config()) != runs.create(Config())
    assert len(runs.all_runs()) == 2


def test_an_unwritable_runs_folder_gives_a_clear_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IMGCLS_RUNS", str(tmp_path / "file"))
    with pytest.raises(
        RunError, match=r"^The run cannot be created: the folder for runs is not writable \(.+\)\. Free"
    ):
        runs.create(Config())
    assert runs.all_runs() == []


def test_a_failed_write_leaves_no_partial_run(monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RunError, match="No space left on device"):
        runs.create(Config())
    assert list(paths.runs_folder().iterdir()) == []


def test_a_missing_runs_folder_has_no_runs():
    assert not paths.runs_folder().exists()
    assert runs.all_runs() == []


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
        ("x" * 100, "x" * 59 + "…"),
        ("x" * 58 + " yz", "x" * 58 + "…"),
        ("\u202e\u200b \n", ""),
    ],
)
def test_a_name_is_kept_literally_without_invisible_characters(given, kept):
    assert run_name.clean(given) == kept
    assert runs.create(Config(data="digits", model="ann"), given).label == (kept or "Dense network on Small digits")


def test_a_name_edited_in_the_file_is_cleaned_too(make_run):
    assert make_run(**{"label.txt": "a\u202eb\n".encode()}).label == "a b"
    assert make_run("without-name").label == "without-name"
    assert make_run("empty-name", **{"label.txt": b"\n"}).label == "empty-name"
    assert make_run("broken-name", **{"label.txt": b"ok \xff\xfe"}).label.startswith("ok ")


def test_a_run_can_be_renamed(make_run):
    run = make_run()
    run.rename(" New\u202e name ")
    assert run.label == "New name"
    with pytest.raises(RunError, match=r"^A name needs at least one letter or digit\.$"):
        run.rename(" \n\u202e")
    assert run.label == "New name"
    shutil.rmtree(run.folder)
    with pytest.raises(RunError, match=r"^There is no run '.+'\. It may have been deleted"):
        run.rename("Too late")


def test_all_runs_reads_when_a_run_was_started_only_once(make_run, monkeypatch):
    """Thousands of runs are listed at every rerun of a page."""
    for name, first in (("older", 1.0e9), ("newer", 1.1e9)):
        make_run(name, **{"config.json": Config().as_dict(), "trainer.json": {"first": first}})
    make_run("waiting", **{"config.json": Config().as_dict()})
    assert [run.id for run in runs.all_runs()] == ["waiting", "newer", "older"]
    read = []
    monkeypatch.setattr(runs.Run, "first_start", property(lambda run: read.append(run.id)))
    assert [run.id for run in runs.all_runs()] == ["waiting", "newer", "older"]
    assert set(read) == {"waiting"}, "it may be started at any moment"


def test_a_run_that_replaces_another_one_of_its_id_has_its_own_time(make_run):
    for name, first in (("first-run", 1e9), ("second-run", 2e9)):
        make_run(name, **{"config.json": Config().as_dict(), "trainer.json": {"first": first}})
    assert [run.id for run in runs.all_runs()] == ["second-run", "first-run"]
    aside = runs.find("first-run").folder
    aside.rename(aside.with_name(".aside"))
    make_run("first-run", **{"config.json": Config().as_dict(), "trainer.json": {"first": 3e9}})
    assert [run.id for run in runs.all_runs()] == ["first-run", "second-run"]
