"""Stored results of checks: their folders, damaged ones, and old ones."""

import json
import os
import subprocess
import time

import pytest

from imgcls import datasets
from imgcls.errors import DatasetError, ProbeError
from imgcls.jobs.preflight import checks, verdicts
from imgcls.system.tasks import task as tasks
from tests.support.runs.preflight_checks import FOUND, SMALL, found_in, processes, store_check

pytestmark = pytest.mark.timeout(300)


def test_only_relevant_settings_change_the_result_folder(digits):
    check, finder = checks.task_of("check", SMALL), checks.task_of("rates", SMALL)

    assert check != finder
    assert checks.task_of("check", SMALL.changed(epochs=3, patience=1, schedule="cosine")) == check
    assert checks.task_of("check", SMALL.changed(learning_rate=0.5)) != check
    assert checks.task_of("rates", SMALL.changed(learning_rate=0.5)) == finder
    assert checks.task_of("rates", SMALL.changed(batch_size=16)) != finder


def test_an_unprepared_dataset_gives_an_error_that_says_how_to_get_it():
    with pytest.raises(DatasetError, match="not prepared yet"):
        checks.start("check", SMALL)


def test_an_unwritable_cache_gives_a_clear_error(digits):
    checks.all_folder().write_text("a file where a folder should be")

    with pytest.raises(ProbeError, match="IMGCLS_CACHE"):
        checks.start("check", SMALL)
    assert processes() == []


STRANGE = (
    "",
    "[]",
    '{"found": {',
    "null",
    '{"version": 2}',
    '{"version": 99, "found": {}}',
    "[" * 100_000,
    "\udcff".encode("utf-8", "surrogateescape"),
)


@pytest.mark.parametrize("content", STRANGE, ids=range(len(STRANGE)))
def test_a_damaged_result_gives_a_clear_error(content, digits):
    folder = store_check("check", SMALL, {})
    (folder / "result.json").write_bytes(content if isinstance(content, bytes) else content.encode())

    state, found = checks.read(checks.task_of("check", SMALL))
    assert state in (tasks.TaskState("failed", text=checks.DAMAGED), tasks.TaskState("failed", text=checks.NEWER))
    assert not found


@pytest.mark.parametrize("value", ["x", [1], None, True, {}, 1e300, -1e14, [None] * 10, [1e9] * 2000, 10**400, "NaN"])
def test_a_result_with_unexpected_values_never_breaks_the_indicators(value, digits):
    folder = store_check("check", SMALL, {})
    for name in FOUND:
        (folder / "result.json").write_text(json.dumps({"version": checks.VERSION, "found": FOUND | {name: value}}))
        for light in verdicts.judge(SMALL, datasets.facts("digits"), found_in(folder)):
            assert light.level in ("good", "check", "bad")
            assert "nan" not in light.sentence


def test_old_checks_are_removed(digits, monkeypatch):
    monkeypatch.setattr(checks, "MAX_FOLDERS", 3)
    for number in range(5):
        folder = store_check("check", SMALL.changed(seed=number), {})
        os.utime(folder, (time.time() - 100 + number,) * 2)
    monkeypatch.setattr(tasks.processes, "spawn", lambda *command, **streams: subprocess.Popen(["true"]))
    checks.start("rates", SMALL)

    left = {folder.name for folder in checks.all_folder().glob("check-*")}
    assert left == {checks.task_of("check", SMALL.changed(seed=number)).folder.name for number in (2, 3, 4)}
