"""The disk of a node is full: the run says so and loses nothing, and the queue goes on."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from imgcls import jobs
from imgcls.jobs import queue, waiting_list
from imgcls.runs import index
from imgcls.studies.notifications import events
from imgcls.system import paths
from tests.jobs.backends.places import Local
from tests.jobs.backends.scene import Scene, assert_trained_once


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """The runs are on a disk of 2 MB."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    monkeypatch.setenv("IMGCLS_RUNS", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def scene(tmp_path, small_disk, monkeypatch, wait_until):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.1)
    place = Local(tmp_path, monkeypatch)
    yield Scene(place, wait_until)
    place.close()


def fill(folder: Path) -> Path:
    """Until not even an empty file has room for its content."""
    filler = folder / "filler"
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    return filler


def test_a_run_whose_disk_is_full_says_so_and_is_resumed_without_loss(scene, small_disk, digits):
    run = scene.run(hold=3)
    scene.until_trained(run, 3)
    filler = fill(small_disk)
    (run.folder / ".hold").rename(small_disk / "released")  # it goes on, and no room becomes free
    scene.until(lambda: run.state not in ("running", "starting"), rounds=False)
    assert run.state == "lost"
    assert run.ended_on_full_disk
    assert run.can_resume
    assert not (run.folder / "result.json").exists()
    (event,) = events._ended(index.row_of(run), 0.0)
    assert event.text == "The disk with the runs is full. Open the run to resume it from its checkpoint."

    filler.unlink()
    jobs.start(run)
    scene.until(lambda: run.state == "finished")
    assert not run.ended_on_full_disk
    assert_trained_once(run, repeated=1)


def test_the_queue_goes_on_when_the_disk_has_room_again(scene, small_disk, digits):
    first, second = scene.run("first", epochs=2), scene.run("second", epochs=2)
    filler = fill(small_disk)
    scene.rounds()
    assert [run.state for run in (first, second)] == ["queued", "queued"]
    filler.unlink()
    scene.until(lambda: first.state == second.state == "finished")
    for run in (first, second):
        assert_trained_once(run)


def test_a_run_that_cannot_be_claimed_keeps_its_place_and_the_queue_says_why(own_folders, monkeypatch, tmp_path):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.0)
    scene = Scene(Local(tmp_path, monkeypatch), None)
    run = scene.run()
    with monkeypatch.context() as full:

        def no_space(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        full.setattr(queue.atomic, "write_json", no_space)
        scene.rounds(2)
    assert jobs.waiting() == [run]
    assert waiting_list.problem() == (
        f"“{run.label}” could not be started: No space left on device. Free some disk space."
    )
    assert not list(run.folder.glob(".claim-*"))
    shutil.rmtree(run.folder)
    scene.rounds(1)
    assert waiting_list.problem() == ""
    assert paths.runs_folder().is_dir()
