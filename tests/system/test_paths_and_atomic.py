"""Folders, and atomic replacement of files."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from imgcls.system import atomic, paths


def test_the_environment_sets_the_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "cache"))
    assert paths.runs_folder() == tmp_path / "runs"
    assert paths.data_folder() == tmp_path / "data"
    assert paths.cache_folder() == tmp_path / "cache"


def test_by_default_runs_are_next_to_the_package(monkeypatch):
    for variable in ("IMGCLS_RUNS", "IMGCLS_DATA", "IMGCLS_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    assert paths.runs_folder() == Path(paths.__file__).parents[2] / "saved_models"
    assert paths.data_folder() is None
    assert paths.cache_folder().is_absolute()


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("IMGCLS_DATA", "  ")
    assert paths.data_folder() is None


def test_a_relative_folder_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGCLS_DATA", "data")
    assert paths.data_folder() == tmp_path / "data"


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_CACHE_HOME names the cache folder on Linux only")
def test_an_unwritable_home_falls_back_to_a_temporary_folder(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.delenv("IMGCLS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    assert paths.cache_folder() == Path(tempfile.gettempdir()) / f"imgcls-{os.getuid()}"


def test_a_file_is_replaced_atomically(tmp_path):
    path = tmp_path / "notes.json"
    atomic.write_json(path, {"name": "Größe", "share": 0.5})
    atomic.write_json(path, {"name": "new"})
    assert json.loads(path.read_text("utf-8")) == {"name": "new"}
    assert [item.name for item in tmp_path.iterdir()] == ["notes.json"]


def test_nan_is_refused_and_the_old_file_is_kept(tmp_path):
    path = tmp_path / "notes.json"
    atomic.write_json(path, [1])
    with pytest.raises(ValueError, match="JSON compliant"):
        atomic.write_json(path, [float("nan")])
    assert json.loads(path.read_bytes()) == [1]
    assert [item.name for item in tmp_path.iterdir()] == ["notes.json"]


def test_a_failing_writer_leaves_only_the_old_file(tmp_path):
    path = tmp_path / "model.keras"
    atomic.write_bytes(path, b"old")
    with pytest.raises(RuntimeError, match="no room"), atomic.replacing(path) as aside:
        assert aside.suffix == ".keras"
        assert atomic.is_leftover(aside)
        aside.write_bytes(b"half")
        raise RuntimeError("no room")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["model.keras"]


def test_what_a_killed_process_left_is_removed_when_nobody_can_be_writing_it(tmp_path):
    program = """
import os, sys
from imgcls.system import atomic
with atomic.replacing(sys.argv[1]) as aside:
    aside.write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program, tmp_path / "model.tflite"], check=False)
    old, new = sorted(tmp_path.iterdir())
    folder = tmp_path / f"{atomic.PREFIX}0"
    folder.mkdir()
    (folder / "part").write_bytes(b"half")
    mine = tmp_path / ".hidden"
    mine.write_bytes(b"mine")
    for path in (old, folder, mine):
        os.utime(path, (1, 1))
    atomic.remove_leftovers(tmp_path.glob(".*"))
    assert sorted(tmp_path.iterdir()) == sorted([new, mine])


def test_a_writer_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic.replacing(tmp_path / "a.txt"):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_killed_at_any_step_leaves_the_old_or_the_new_file(tmp_path):
    program = """
import os, signal, sys
from pathlib import Path
from imgcls.system import atomic

path = Path(sys.argv[1])

def killing(function, at, count=[0]):
    def called(*arguments, **named):
        count[0] += 1
        if count[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)
    return called

seen = set()
for step in range(1, 20):
    atomic.write_bytes(path, b"old")
    child = os.fork()
    if not child:
        for name in ("open", "fsync", "replace", "close"):
            setattr(os, name, killing(getattr(os, name), step))
        atomic.write_bytes(path, b"new")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    seen.add(path.read_bytes())
    for other in path.parent.iterdir():
        assert other == path or atomic.is_leftover(other), other
    if status == 0:
        break
print(step, sorted(seen))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "file"],
        capture_output=True,
        text=True,
        cwd=paths.repository_folder(),
        timeout=60,
    )
    assert done.stderr == ""
    steps, seen = done.stdout.split(" ", 1)
    assert int(steps) > 3
    assert seen == "[b'new', b'old']\n"
