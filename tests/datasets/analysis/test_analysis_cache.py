"""Findings of a background process: started once, watched, cancelled, read, and recomputed when damaged."""

import os
import subprocess
import sys
import time

import filelock
import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets.analysis import cache
from imgcls.errors import DatasetError
from imgcls.system import paths
from imgcls.system.tasks import Task, TaskState
from imgcls.system.tasks import task as tasks


@pytest.fixture
def dataset(digits):
    yield datasets.open_dataset(digits)
    for kind in cache.KINDS:
        cache.cancel(kind, datasets.open_dataset(digits))


def state(kind: str, dataset) -> str:
    return cache.state(kind, dataset).state


def done(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "imgcls.datasets.analysis", *arguments]
    return subprocess.run(command, cwd=paths.repository_folder(), capture_output=True, text=True, timeout=120)


def test_analysis_and_map_are_computed_in_background_processes(dataset, wait_until):
    assert state("survey", dataset) == "idle" and cache.stamp("survey", dataset) == 0
    cache.start("survey", dataset)
    cache.start("survey", dataset)  # a second click
    assert state("survey", dataset) == "running"
    wait_until(lambda: state("survey", dataset) != "running", seconds=60)
    assert cache.state("survey", dataset).state == "ready", cache.state("survey", dataset).text
    found = cache.results("survey", dataset)
    assert found["means"].shape == (10, 8, 8, 1) and len(found["brightness"]) == 1797
    assert cache.stamp("survey", dataset) > 0

    cache.start("tsne", dataset)
    fractions = set()
    while state("tsne", dataset) == "running":
        fractions.add(cache.state("tsne", dataset).fraction)
        time.sleep(0.05)
    assert state("tsne", dataset) == "ready", cache.state("tsne", dataset).text
    assert len(fractions) > 2, "it reports progress"
    assert cache.results("tsne", dataset)["places"].shape == (1437, 2)
    kept = {"survey.npz", "tsne.npz", "survey.log", "tsne.log"}  # the process removes its progress at last
    wait_until(lambda: {path.name for path in cache.folder_of(dataset).iterdir() if path.name[0] != "."} == kept)


def test_different_images_have_separate_findings(dataset):
    from dataclasses import replace

    assert cache.folder_of(replace(dataset, fingerprint="0" * 16)) != cache.folder_of(dataset)


def test_a_process_whose_progress_file_is_removed_exits_and_leaves_nothing(dataset, wait_until):
    cache.start("survey", dataset)
    process = tasks._children["survey", cache.folder_of(dataset)]
    cache.cancel("survey", dataset)
    assert process.poll() is not None
    assert state("survey", dataset) == "idle"


def test_cancelling_from_another_server_needs_no_kill(dataset, monkeypatch):
    from imgcls.datasets.analysis.analyse import compute

    task = cache.task_of("survey", dataset)
    folder = cache.folder_of(dataset)
    folder.mkdir(parents=True)
    original = Task.write_progress

    def cancelled_after_the_first_word(*arguments):
        original(*arguments)
        (folder / "survey.progress.json").unlink()

    monkeypatch.setattr(Task, "write_progress", cancelled_after_the_first_word)
    assert task.run(lambda tell: compute("survey", dataset, tell)) == 3
    assert state("survey", dataset) == "idle"
    assert [path.name for path in folder.iterdir()] == [".survey.lock"]


def test_a_killed_process_is_reported_and_can_be_restarted(dataset):
    folder = cache.folder_of(dataset)
    folder.mkdir(parents=True)
    cache.task_of("survey", dataset).write_progress("running", 0.0, "Looking")
    assert state("survey", dataset) == "running", "it may be about to acquire its lock"
    old = time.time() - tasks.START_SECONDS - 1
    os.utime(folder / "survey.progress.json", (old, old))
    assert cache.state("survey", dataset) == TaskState("failed", 0.0, tasks.INTERRUPTED)
    with filelock.FileLock(folder / ".survey.lock"):
        assert state("survey", dataset) == "running", "it holds its lock, even if silent"
    cache.cancel("survey", dataset)
    assert state("survey", dataset) == "idle"


def test_a_failure_is_one_clear_error(dataset):
    assert done("tsne", "digits").returncode == 1
    seen = cache.state("tsne", dataset)
    assert seen.state == "failed" and "Run the analysis again" in seen.text
    (cache.folder_of(dataset) / "survey.npz").write_bytes(b"PK truncated")
    with pytest.raises(DatasetError, match="cannot be read"):
        cache.results("survey", dataset)
    assert state("survey", dataset) == "idle", "it is recomputed next time"


@pytest.mark.parametrize(
    "content", ["", "[]", '{"share": NaN}', '{"state": "running", "share": "x", "text": 1}', "{" * 9]
)
def test_a_truncated_progress_file_is_ignored(dataset, content):
    folder = cache.folder_of(dataset)
    folder.mkdir(parents=True)
    (folder / "survey.progress.json").write_text(content)
    assert state("survey", dataset) in ("idle", "running")


def test_findings_about_replaced_images_are_discarded(dataset, wait_until):
    folder = cache.folder_of(dataset)
    old = folder.with_name(f"digits-{'0' * 16}-v1")
    other = folder.with_name(f"digits_more-{'0' * 16}-v1")
    for path in (old, other):
        path.mkdir(parents=True)
        np.savez(path / "survey.npz", x=1)
    cache.start("survey", dataset)
    assert not old.exists() and other.exists()


def test_it_works_from_a_shell_and_an_unknown_name_gives_a_clear_error(dataset):
    asked = done("survey", "digits")
    assert asked.returncode == 0, asked.stderr
    assert state("survey", dataset) == "ready"
    asked = done("survey", "nothing")
    assert asked.returncode == 1 and "No dataset is called 'nothing'" in asked.stderr
