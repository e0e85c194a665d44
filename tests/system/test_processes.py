"""Child processes: their environment, and locks as a sign of life."""

import os
import platform
import subprocess
import sys

import filelock
import psutil
import pytest

from imgcls.system import paths, processes


def test_a_child_finds_this_copy_of_the_package_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imgcls.py").write_text("raise SystemExit('the wrong module')")
    process = processes.spawn("imgcls.datasets", stdout=subprocess.PIPE)
    assert b"mnist" in process.stdout.read()
    process.stdout.close()


def test_the_python_path_is_extended_only_for_a_repository(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    path = processes.child_environment()["PYTHONPATH"]
    assert path == os.pathsep.join([str(paths.repository_folder()), "elsewhere"])
    monkeypatch.setattr(paths, "is_installed", lambda: True)
    assert processes.child_environment({"A": "1"})["PYTHONPATH"] == "elsewhere"
    assert processes.child_environment({"A": "1"})["A"] == "1"


def test_a_lock_is_reported_only_while_it_is_held(tmp_path):
    lock = tmp_path / "lock"
    assert not processes.is_locked(lock)
    with filelock.FileLock(lock):
        assert processes.is_locked(lock)
    assert not processes.is_locked(lock)


def test_a_command_in_the_process_of_the_tests_leaves_its_priority_as_it_is():
    before = psutil.Process().nice()
    processes.lower_priority()
    assert psutil.Process().nice() == before


FREED = """
import psutil
from imgcls.system import processes

assert processes.return_freed_memory()
process = psutil.Process()
del [bytearray(1_000_000) for _ in range(3)][:]
before = process.memory_info().rss
large, small = zip(*((bytearray(1_000_000), bytearray(2_000)) for _ in range(100)))
del large
assert process.memory_info().rss < before + 20_000_000
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory")
def test_memory_between_small_objects_that_stay_is_returned():
    subprocess.run([sys.executable, "-c", FREED], check=True)
