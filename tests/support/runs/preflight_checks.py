"""Stored pre-flight checks and their state."""

import json
from pathlib import Path

import numpy as np
import psutil

from imgcls.config import Config
from imgcls.jobs.preflight import checks
from imgcls.system import paths
from imgcls.system.tasks import task as tasks

SMALL = Config(data="digits", model="ann", model_settings={"units": 32}, batch_size=32)
FOUND = {
    "counts": [120] * 10,
    "low": 0.0,
    "high": 1.0,
    "mean": 0.3,
    "deviation": 0.4,
    "first_loss": 2.31,
    "epoch_seconds": 2.0,
    "memory": 8e8,
    "memory_available": 8e9,
    "others": 0.0,
    "training": False,
    "batch_first": 2.4,
    "batch_last": 0.2,
    "batch_accuracy": 1.0,
    "batch_steps": 80,
    "batch_size": 32,
}
RISING = np.geomspace(1e-6, 10, 140)


def finder_losses(seed: int = 0) -> np.ndarray:
    """A typical curve: flat and noisy, falling around 0.003, unstable above 0.3."""
    x = np.log10(RISING)
    losses = 2.3 - 1.9 / (1 + np.exp(-4 * (x + 2.5))) + np.exp(np.minimum(6 * (x + 0.3), 30))
    return losses + np.random.default_rng(seed).normal(0, 0.05, len(x))


def store_check(kind: str, config: Config, found: dict, *, failure: str | None = None) -> Path:
    """Stores a check as its process would; returns its folder."""
    task = checks.task_of(kind, config)
    task.folder.mkdir(parents=True)
    name = "result.json" if failure is None else "found.json"
    (task.folder / name).write_text(json.dumps({"version": checks.VERSION, "found": found}))
    if failure is not None:
        task.write_progress("failed", 0.0, failure)
    return task.folder


def state_of(kind: str, config: Config) -> tasks.TaskState:
    return checks.read(checks.task_of(kind, config))[0]


def found_in(folder: Path) -> checks.Findings:
    return checks.read(checks.task_in(folder))[1]


def processes() -> list[psutil.Process]:
    """The running check processes of this test."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if "imgcls.training.preflight.process" in line and any(str(paths.cache_folder()) in word for word in line):
                found += [process] if process.status() != psutil.STATUS_ZOMBIE else []
        except psutil.Error:
            continue
    return found
