"""Runs that differ only in the seed, made from one finished run by changing its predictions."""

import json
import shutil
from collections.abc import Sequence

import numpy as np

from imgcls.evaluation import predictions
from imgcls.runs import Run


def repeated(run: Run, name: str, errors: Sequence[int], **settings) -> list[Run]:
    """One copy per seed; that of seed i gets `errors[i]` more test images wrong than `run`, others for each seed."""
    found = []
    right = np.flatnonzero(predictions.read(run).is_right)
    for seed, count in enumerate(errors):
        folder = run.folder.with_name(f"{name}-{seed}")
        shutil.copytree(run.folder, folder)
        with np.load(folder / "predictions.npz") as stored:
            arrays = dict(stored)
        wrong = np.random.default_rng(seed).permutation(right)[:count]
        arrays["probabilities"][wrong] = np.roll(arrays["probabilities"][wrong], 1, axis=1)
        np.savez(folder / "predictions.npz", **arrays)
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | settings | {"seed": seed}))
        (folder / "label.txt").write_text(f"{name}, seed {seed}")
        result = json.loads((folder / "result.json").read_text())
        result["test_accuracy"] -= count / result["counts"]["test"]
        (folder / "result.json").write_text(json.dumps(result))
        found.append(Run(folder))
    return found


def at_sizes(run: Run, errors: dict[int, Sequence[int]]) -> list[Run]:
    """Runs of a learning curve: for each number of training images one run per seed, with so many errors more.

    A size of 0 stands for all images, as in the settings.
    """
    total = json.loads((run.folder / "result.json").read_text())["counts"]["train"]
    found = []
    for size, more in errors.items():
        for one in repeated(run, f"size{size}", more, train_images=size):
            result = json.loads((one.folder / "result.json").read_text())
            result["counts"]["train"] = size or total
            (one.folder / "result.json").write_text(json.dumps(result))
            found.append(one)
    return found
