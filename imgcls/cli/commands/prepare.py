"""`imgcls prepare`: download and prepare a dataset, or list all datasets."""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from imgcls import datasets
from imgcls.cli import exit_codes, output, progress_bar
from imgcls.datasets.store import ARRAYS


def prepare(
    dataset: Annotated[str | None, Parameter(help="Name of the dataset; without it, all are listed.")] = None,
    /,
    *,
    npz: Annotated[
        Path | None,
        Parameter(show_default=False, help="Write its four arrays to this file, for an exported training script."),
    ] = None,
    overwrite: output.Overwrite = False,
) -> None:
    """Download and prepare a dataset, or list all datasets and whether they are ready.

    Example: imgcls prepare fashion_mnist

    Example: imgcls prepare own-leaves --npz own-leaves.npz
    """
    if dataset is None:
        if npz is not None:
            raise exit_codes.CommandError("Name the dataset to write: imgcls prepare NAME --npz FILE", exit_codes.USAGE)
        _list()
        return
    with exit_codes.exits_with(exit_codes.USAGE):
        title = datasets.facts(dataset).title
    if npz is not None:
        output.check(npz, overwrite)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # no GPU is needed to read a file
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(exit_codes.TERMINATED))  # unwinds: partial files are removed
    try:
        datasets.prepare(dataset, progress_bar.show, interrupt=True)
    finally:
        progress_bar.clear()
    print(f"{title} is ready.")
    if npz is not None:
        opened = datasets.open_dataset(dataset)
        with output.replacing(npz) as aside, aside.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(opened, name) for name in ARRAYS})
        print(f"{npz}: {len(opened.y_train):,} training and {len(opened.y_test):,} test images.")


def _list() -> None:
    for name in datasets.names():
        info = datasets.facts(name)
        if datasets.is_ready(name):
            state = "ready"
        elif datasets.is_available(name):
            state = "works offline"
        else:
            state = f"{info.megabytes:.1f} MB to download" if info.source == "download" else "files missing"
        print(f"{name:14} {state:20} {info.title}")
