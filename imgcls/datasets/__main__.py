"""Prepare a dataset from the command line, or list all datasets.

python -m imgcls.datasets                  list the datasets and whether they are ready
python -m imgcls.datasets fashion_mnist    prepare one
"""

import argparse
import os
import signal
import sys

from imgcls import datasets
from imgcls.errors import DatasetError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m imgcls.datasets", description="Prepare a dataset, or list all datasets."
    )
    parser.add_argument("name", nargs="?", help="the dataset to prepare; without it, all datasets are listed")
    name = parser.parse_args().name
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # before TensorFlow is imported: reading a file needs no GPU
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds the stack, so that unfinished files are removed
    try:
        if name is None:
            _list()
        else:
            datasets.prepare(name, _bar)
            _say(f"{datasets.facts(name).title} is ready.")
    except DatasetError as error:
        _say("")
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _list() -> None:
    for name in datasets.names():
        about = datasets.facts(name)
        if datasets.is_ready(name):
            state = "ready"
        elif datasets.is_available(name):
            state = "works offline"
        else:
            state = f"{about.megabytes:.1f} MB to download" if about.source == "download" else "files missing"
        print(f"{name:14} {state:18} {about.title}")


def _bar(fraction: float, text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K[{'#' * round(fraction * 30):30}] {fraction:4.0%}  {text}", end="", flush=True)


def _say(text: str) -> None:
    print(f"\r\033[K{text}" if sys.stdout.isatty() else text)


if __name__ == "__main__":
    sys.exit(main())
