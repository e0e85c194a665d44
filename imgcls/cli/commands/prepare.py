"""`imgcls prepare`: download and prepare a dataset, or list all datasets."""

import os
import signal
import sys
from typing import Annotated

from cyclopts import Parameter

from imgcls import datasets
from imgcls.cli import exit_codes, progress_bar


def prepare(
    dataset: Annotated[str | None, Parameter(help="Name of the dataset; without it, all are listed.")] = None, /
) -> None:
    """Download and prepare a dataset, or list all datasets and whether they are ready.

    Example: imgcls prepare fashion_mnist
    """
    if dataset is None:
        _list()
        return
    with exit_codes.exits_with(exit_codes.USAGE):
        title = datasets.facts(dataset).title
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # no GPU is needed to read a file
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(exit_codes.TERMINATED))  # unwinds: partial files are removed
    try:
        datasets.prepare(dataset, progress_bar.show, interrupt=True)
    finally:
        progress_bar.clear()
    print(f"{title} is ready.")


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
