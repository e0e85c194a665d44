"""Imports in background processes: cancelled, killed at any step, and on a full disk."""

import json
import os
import subprocess
import sys
import time
import zipfile
from io import BytesIO

import pytest

from imgcls import datasets
from imgcls.datasets.importing import ImportRequest, ImportSettings
from imgcls.datasets.importing.execution import job
from imgcls.errors import SourceError
from imgcls.system import paths
from imgcls.system.tasks import TaskState
from imgcls.system.tasks import task as tasks
from tests.support.importing.imported import counts
from tests.support.uploads import archive, image, imported, leaves, visible


def started(tmp_path, files=None) -> str:
    import_id = job.new_id()
    with BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as packed:
            for path, data in (files or leaves()).items():
                packed.writestr(path, data)
        path = job.save_upload(import_id, 0, stream)
    job.inspect(import_id, ImportRequest("zip", str(path), "leaves.zip"))
    return import_id


def ended(import_id: str, seconds: float = 60) -> TaskState:
    deadline = time.monotonic() + seconds
    while job.state(import_id).state == "running" and time.monotonic() < deadline:
        time.sleep(0.02)
    return job.state(import_id)


def test_preview_and_import_run_in_background_processes(tmp_path, wait_until):
    import_id = started(tmp_path)
    assert job.state(import_id).state == "idle"
    assert job.preview(import_id).total == 10
    job.start(import_id, ImportSettings("Leaves", side=28))
    job.start(import_id, ImportSettings("Leaves", side=28))  # a second click changes nothing
    assert ended(import_id) == TaskState("ready", 1.0)
    assert job.imported_name(import_id) == "own-leaves"
    assert visible() == ["own-leaves"]
    wait_until(lambda: not list(job.folder_of(import_id).glob("upload*")))


def test_the_page_shows_why_an_import_was_refused(tmp_path):
    import_id = started(tmp_path, {"../../oak/1.png": image(1)})
    with pytest.raises(SourceError, match=r"entry '../../oak/1.png' points outside the archive"):
        job.preview(import_id)
    job.start(import_id, ImportSettings("Leaves"))
    assert "points outside the archive" in ended(import_id).text
    assert visible() == []


@pytest.mark.parametrize(("computed", "ends"), [(29.0, "ready"), (31.0, "took too long")])
def test_an_inspection_is_stopped_by_its_processor_time_alone(computed, ends, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "_processor_time", lambda pid: computed)
    import_id = job.new_id()
    job.inspect(import_id, archive(tmp_path / "leaves.zip", leaves()))
    if ends == "ready":
        assert job.preview(import_id).total == 10
    else:
        with pytest.raises(SourceError, match=ends):
            job.preview(import_id)


@pytest.mark.parametrize("import_id", ["", "..", "../../x", "0" * 15, "G" * 16, "0" * 16 + "\n"])
def test_an_invalid_id_never_becomes_a_path(import_id):
    with pytest.raises(SourceError, match="This link does not belong to an import"):
        job.folder_of(import_id)


SLOWLY = """
import sys, time
from imgcls.datasets.importing.pixels import decode; from imgcls.datasets.importing import __main__ as entry
real = decode.image_of
def slowly(*arguments):
    time.sleep(0.2)
    return real(*arguments)
decode.image_of = slowly
sys.exit(entry.main(["--make", sys.argv[1]]))
"""


@pytest.mark.parametrize("how", ["killed", "cancelled"])
def test_a_cancelled_import_leaves_nothing_visible_and_can_be_repeated(how, tmp_path, monkeypatch, wait_until):
    import_id = started(tmp_path, leaves(count=150))

    def slow(module, *arguments, environment, **streams):
        command = [sys.executable, "-c", SLOWLY, arguments[-1], "imgcls.datasets.importing"]
        return subprocess.Popen(command, cwd=paths.repository_folder(), **streams)

    with monkeypatch.context() as patch:
        patch.setattr(job.processes, "spawn", slow)
        job.start(import_id, ImportSettings("Leaves", side=28))
        wait_until(lambda: "Reading image" in job.state(import_id).text or _has_pile(import_id))
        if how == "killed":
            tasks._children["import", job.folder_of(import_id)].kill()
            wait_until(lambda: job.state(import_id).state == "failed")
            assert job.state(import_id).text == tasks.INTERRUPTED
        else:
            job.cancel(import_id)
            assert job.state(import_id).state == "idle"
    assert visible() == []
    job.start(import_id, ImportSettings("Leaves", side=28))
    assert ended(import_id).state == "ready"
    assert len(datasets.open_dataset("own-leaves").y_train) == 240
    job.discard(import_id)
    assert not job.folder_of(import_id).exists()


def _has_pile(import_id: str) -> bool:
    return (job.folder_of(import_id) / "work" / "pictures.bin").exists()


FAILS = """
import os, sys
os.environ["IMGCLS_RUNS"] = os.environ["IMGCLS_OWN_DATA"]  # whose steps are counted
from tests.support.processes import disk_failures
from imgcls.datasets.importing import __main__ as entry
for line in sys.stdin:
    step, how, folder, *words = line.split()
    pid = os.fork()
    if pid:
        print(os.waitpid(pid, 0)[1], flush=True)
        continue
    disk_failures.at(int(step), how, *words)
    code = 1
    try:
        code = entry.main(["--make", folder])
    except BaseException:
        import traceback
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)
"""


@pytest.fixture
def failing_at(tmp_path):
    """`failing_at(step, how, import_id, *words)` imports in a process that fails at a step: whether it finished.

    All are forked from one process, so that a test does not wait for Python imports.
    """
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", FAILS],
            env=os.environ | {"PYTHONPATH": str(paths.repository_folder())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def fail(step: int, how: str, import_id: str, *words: str) -> bool:
        print(step, how, job.folder_of(import_id), *words, file=process.stdin, flush=True)
        return int(process.stdout.readline()) == 0

    yield fail
    process.stdin.close()
    process.wait(10)
    assert "Traceback" not in (tmp_path / "errors").read_text()


def wanted(import_id: str, wish: ImportSettings) -> None:
    (job.folder_of(import_id) / "wish.json").write_text(json.dumps(wish.as_dict()))


def test_a_kill_at_any_write_step_leaves_the_complete_dataset_or_none(tmp_path, failing_at):
    import_id = started(tmp_path)
    wanted(import_id, ImportSettings("Leaves", side=28))
    upload = (job.folder_of(import_id) / "upload-0").read_bytes()
    seen = set()
    for step in range(1, 60):
        (job.folder_of(import_id) / "upload-0").write_bytes(upload)
        over = failing_at(step, "killed", import_id, "/work/", "own-")
        if visible():
            assert counts("own-leaves") == {"birch": (4, 1), "oak": (4, 1)}
        seen.add(bool(visible()))
        if over:
            break
        for name in visible():
            datasets.delete_custom(name)
    assert over and step > 15 and seen == {False, True}


def test_a_kill_at_any_step_of_adding_leaves_the_old_or_the_new_state(tmp_path, failing_at):
    name = imported(archive(tmp_path / "one.zip", leaves()))
    import_id = started(tmp_path, leaves(count=4, first=50))
    wanted(import_id, ImportSettings(into=name))
    upload, sizes, step = (job.folder_of(import_id) / "upload-0").read_bytes(), set(), 0
    while True:
        step += 1
        (job.folder_of(import_id) / "upload-0").write_bytes(upload)
        over = failing_at(step, "killed", import_id, "/work/", "own-")
        data = datasets.open_dataset(name)
        sizes.add(len(data.y_train) + len(data.y_test))
        assert len(data.x_train) == len(data.y_train)
        if over:
            break
    assert step > 10 and {10, 18} <= sizes


def test_a_full_disk_at_any_write_is_reported_and_leaves_nothing_behind(tmp_path, failing_at):
    import_id = started(tmp_path)
    wanted(import_id, ImportSettings("Leaves", side=28))
    for step in range(1, 60):
        over = failing_at(step, "full", import_id, "/work/")
        if over:
            break
        state = job.state(import_id)
        assert (state.state, visible()) == ("failed", [])
        assert "could not be written" in state.text or "cannot be written" in state.text
        assert "No space left on device. Nothing was imported" in state.text or "Free some space" in state.text
        assert not (job.folder_of(import_id) / "work").exists()
    assert over and step > 8
    assert visible() == ["own-leaves"]


def test_too_little_disk_space_is_reported_before_anything_is_read(tmp_path, monkeypatch):
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000))
    with pytest.raises(SourceError, match="needs about 0 MB of disk space, but only 0 MB are free"):
        imported(archive(tmp_path / "leaves.zip", leaves()))


def test_old_imports_are_cleaned_up(tmp_path):
    import_id, fresh = started(tmp_path), started(tmp_path)
    for path in (*job.folder_of(import_id).iterdir(), job.folder_of(import_id)):
        os.utime(path, (0, 0))
    job.sweep()
    assert not job.folder_of(import_id).exists() and job.folder_of(fresh).exists()
