"""Background tasks: started once, watched, cancelled from this and another server, and detected when killed."""

import dataclasses
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from imgcls.errors import UserError
from imgcls.system.tasks import Task, TaskState
from imgcls.system.tasks import task as tasks

MODULE = """
import sys, time
from pathlib import Path
from imgcls.system.tasks import Task

task = Task(Path(sys.argv[1]), "count", "count.txt")

def make(progress):
    Path(sys.argv[1], "work").mkdir()
    try:
        for step in range(int(sys.argv[2])):
            progress(step / int(sys.argv[2]), f"Counting {step}")
            time.sleep(0.02)
    finally:
        Path(sys.argv[1], "work").rmdir()
    (task.folder / task.result).write_text(sys.argv[2])

sys.exit(task.run(make))
"""
BLOCKED = MODULE.replace("time.sleep(0.02)", "time.sleep(600)")


@pytest.fixture
def task(tmp_path, monkeypatch):
    """A task whose modules `counting` and `blocked` are on the child's path."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "counting.py").write_text(MODULE)
    (tmp_path / "site" / "blocked.py").write_text(BLOCKED)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setattr(tasks, "END_SECONDS", 60.0)  # a busy machine needs its time to clean up, too
    task = Task(tmp_path / "folder", "count", "count.txt")
    yield task
    task.cancel()


def from_another_server(task: Task) -> None:
    """Forget the child, as another server would not know it."""
    tasks._children.pop((task.kind, task.folder))


def test_a_task_starts_once_and_ends_ready(task, wait_until):
    assert task.state() == TaskState("idle")
    task.start("counting", str(task.folder), "20")
    first = tasks._children[task.kind, task.folder]
    task.start("counting", str(task.folder), "20")
    assert tasks._children[task.kind, task.folder] is first
    wait_until(lambda: task.state().text.startswith("Counting"))
    wait_until(lambda: task.state().state != "running")
    assert task.state() == TaskState("ready", 1.0)
    task.start("counting", str(task.folder), "5")  # it exists already
    assert (task.folder / "count.txt").read_text() == "20"
    assert task.stamp() > 0
    task.discard()
    assert task.state() == TaskState("idle") and task.stamp() == 0


def test_a_cancelled_task_cleans_up_even_while_waiting(task, wait_until):
    task.start("blocked", str(task.folder), "5")
    wait_until(lambda: (task.folder / "work").exists())
    task.cancel()
    assert task.state() == TaskState("idle")
    assert not (task.folder / "work").exists()


def test_a_task_is_cancelled_from_another_server(task, wait_until):
    task.start("blocked", str(task.folder), "5")
    wait_until(lambda: (task.folder / "work").exists())
    child = tasks._children[task.kind, task.folder]
    from_another_server(task)
    assert task.state().state == "running"
    task.cancel()
    wait_until(lambda: child.poll() is not None)
    assert child.returncode == tasks.CANCELLED_STATUS
    assert task.state() == TaskState("idle") and not (task.folder / "work").exists()


def test_a_killed_task_is_distinguished_from_a_slow_one(task, wait_until):
    task.start("blocked", str(task.folder), "5")
    wait_until(lambda: task.state().text.startswith("Counting"))
    child = tasks._children[task.kind, task.folder]
    from_another_server(task)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    task.write_progress("running", 0.5, "Counting")
    assert task.state() == TaskState("failed", 0.5, tasks.INTERRUPTED)
    (task.folder / "work").rmdir()
    task.start("counting", str(task.folder), "2")
    wait_until(lambda: task.state().state == "ready")


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be suspended there")
def test_a_suspended_task_is_reported_and_replaced(task, wait_until, monkeypatch):
    task.start("blocked", str(task.folder), "5")
    wait_until(lambda: task.state().text.startswith("Counting"))
    child = tasks._children[task.kind, task.folder]
    os.kill(child.pid, signal.SIGSTOP)
    monkeypatch.setattr(tasks, "STUCK_SECONDS", 0.5)
    wait_until(lambda: task.state() == TaskState("failed", 0.0, tasks.STUCK))
    monkeypatch.undo()
    monkeypatch.setattr(tasks, "END_SECONDS", 0.1)
    task.cancel()
    assert child.poll() is not None


def test_a_task_just_started_elsewhere_counts_as_running_for_a_while(task, monkeypatch):
    task.folder.mkdir()
    task.write_progress("running", 0.0, "Starting")
    assert task.state() == TaskState("running", 0.0, "Starting")
    monkeypatch.setattr(tasks, "START_SECONDS", -1)
    assert task.state() == TaskState("failed", 0.0, tasks.INTERRUPTED)


def test_a_task_says_what_it_does_before_its_process_reports_anything(task):
    task = dataclasses.replace(task, first="Preparing the images")
    task.folder.mkdir()
    with task.reporting():
        assert task.state() == TaskState("running", 0.0, "Preparing the images")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("The file is gone."), "The file is gone."),
        (MemoryError(), "This needs more memory than the machine has. Close other programs."),
        (
            OSError(28, "No space left"),
            "The result could not be written: No space left. Free some space and start it again.",
        ),
        (ValueError("x"), "An internal error ended the process (ValueError). See its log for details."),
    ],
)
def test_a_failure_is_stored_as_one_message(task, error, message, capsys):
    def make(progress):
        progress(0.4, "Working")
        raise error

    assert task.run(make) == 1
    assert task.state() == TaskState("failed", 0.4, message)
    assert message in capsys.readouterr().err
    assert task.run(lambda progress: (task.folder / task.result).touch() or None) == 0
    assert task.state().state == "ready" and not task.progress_file.exists()


def test_an_error_after_a_cancellation_is_no_failure(task):
    def make(progress):
        task.progress_file.unlink()
        raise FileNotFoundError("removed with the task")

    assert task.run(make, is_background=False) == tasks.CANCELLED_STATUS
    assert task.state().state == "idle"


def test_a_second_process_leaves_the_first_alone(task, wait_until, monkeypatch, capsys):
    task.start("blocked", str(task.folder), "5")
    wait_until(lambda: task.state().text.startswith("Counting"))
    monkeypatch.setattr(tasks, "GRACE_SECONDS", 0.1)
    assert task.run(lambda progress: pytest.fail("it must not run twice")) == 1
    assert "already working on this" in capsys.readouterr().err
    assert task.state().state == "running"


def test_a_process_that_cannot_be_started_leaves_no_trace(task, monkeypatch):
    def refuse(*arguments, **streams):
        raise OSError("no more processes")

    monkeypatch.setattr(tasks.processes, "spawn", refuse)
    with pytest.raises(OSError, match="no more processes"):
        task.start("counting")
    assert task.state() == TaskState("idle")


def test_readiness_can_require_more_than_a_file(task, tmp_path):
    ready = []
    other = Task(tmp_path, "other", "other.txt", ready=lambda: bool(ready))
    (tmp_path / "other.txt").touch()
    assert other.state() == TaskState("idle")
    ready.append(True)
    assert other.state() == TaskState("ready", 1.0)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"state": 1}', '{"state": "running", "share": "x", "text": ""}'])
def test_a_damaged_progress_file_counts_as_missing(task, content):
    task.folder.mkdir()
    task.progress_file.write_text(content)
    assert task.state() == TaskState("idle")


def test_a_heartbeat_keeps_a_silent_task_alive(task, wait_until):
    task.start("blocked", str(task.folder), "5")
    wait_until(lambda: task.state().text.startswith("Counting"))
    before = time.time() - 1000
    os.utime(task.progress_file, (before, before))
    wait_until(lambda: Path(task.progress_file).stat().st_mtime > before + 900)
