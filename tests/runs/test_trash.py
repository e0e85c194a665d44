"""Deleted runs: kept for a day, restored by renaming, and named on pages that still refer to them."""

import time

import pytest

from imgcls import jobs, runs
from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.runs import trash
from imgcls.system import paths
from tests.support.runs.mutations import small_run


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)


def test_a_deleted_run_disappears_and_can_be_restored_completely():
    run = small_run("some-run", **{"label.txt": b"cnn on digits", "file": b"content"})
    jobs.delete(run)
    assert runs.all_runs() == []
    assert not runs.exists("some-run")
    with pytest.raises(RunError, match=r"^“cnn on digits” was deleted a moment ago\. You can restore it on the Runs"):
        runs.find("some-run")
    with pytest.raises(RunError, match=r"^“cnn on digits” was deleted a moment ago\."):
        run.rename("another name")
    with pytest.raises(RunError, match=r"^“cnn on digits” was deleted a moment ago\."):
        run.card  # noqa: B018
    (found,) = trash.deleted()
    assert (found.id, found.label) == ("some-run", "cnn on digits")
    trash.restore(found)
    assert runs.find("some-run").state == "finished"
    assert (run.folder / "file").read_bytes() == b"content"
    assert trash.deleted() == []


def test_the_deletion_time_is_shown(monkeypatch):
    small_run("some-run").delete()
    now = time.time()
    for seconds, words in ((90, "1 minute ago"), (3 * 3600, "3 hours ago")):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: now + seconds)
        assert words in trash.sentence("some-run")
    monkeypatch.setattr(time, "time", lambda: now + trash.KEPT_SECONDS + 1)
    assert trash.sentence("some-run").startswith("There is no run 'some-run'.")


def test_after_a_day_a_deleted_run_is_removed_for_good(monkeypatch):
    small_run("some-run").delete()
    jobs.sweep()
    assert len(trash.deleted()) == 1
    later = time.time() + trash.KEPT_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert trash.deleted() == []
    jobs.sweep()
    assert list((paths.runs_folder() / trash.FOLDER).iterdir()) == []


def test_a_run_with_the_same_id_is_never_overwritten():
    small_run("some-run").delete()
    (found,) = trash.deleted()
    small_run("some-run")
    with pytest.raises(RunError, match=r"there is another run with its ID"):
        trash.restore(found)
    runs.find("some-run").delete()  # within the same second
    assert [run.id for run in trash.deleted()] == ["some-run"]


def test_a_run_removed_for_good_cannot_be_restored():
    small_run("some-run").delete()
    (found,) = trash.deleted()
    trash.remove(found)
    with pytest.raises(RunError, match=r"it was removed for good"):
        trash.restore(found)


def test_a_queued_run_comes_back_outside_the_queue():
    run = small_run("some-run", **{"queued.json": b'{"ticket": "new", "place": 1.0}'})
    (run.folder / "result.json").unlink()
    assert waiting_list.waiting() == [run]
    jobs.delete(run)
    trash.restore(trash.deleted()[0])
    assert waiting_list.waiting() == []


def test_unrelated_folders_in_the_trash_are_left_alone():
    root = paths.runs_folder() / trash.FOLDER
    for name in ("no-time", "123", "99999999999999-run", ".hidden"):
        (root / name).mkdir(parents=True)
    (root / "1700000000-file").touch()
    assert trash.deleted() == []
    trash.sweep()
    assert len(list(root.iterdir())) == 5
