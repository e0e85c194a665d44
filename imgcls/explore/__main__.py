"""Find out about a data set, in a process of its own.

python -m imgcls.explore survey NAME     looks at every picture
python -m imgcls.explore tsne NAME       makes a map of some of them; after the survey
"""

import argparse
import errno
import shutil
import sys
import time
import traceback
from pathlib import Path

import filelock
import numpy as np

from imgcls import atomic, datasets, jobs
from imgcls.datasets import Dataset
from imgcls.errors import UserError
from imgcls.explore import kept

GRACE_SECONDS = 2.0
"""Whoever looks whether there is a process holds its lock for a moment."""
WRITE_SECONDS = 0.3


class Cancelled(Exception):
    """Nobody waits for the findings any more."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m imgcls.explore", allow_abbrev=False)
    parser.add_argument("kind", choices=kept.KINDS)
    parser.add_argument("name")
    asked = parser.parse_args(arguments)
    jobs.be_nice()
    try:
        dataset = datasets.open_dataset(asked.name)
        folder = kept.folder_of(dataset)
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / f".{asked.kind}.lock", timeout=GRACE_SECONDS, poll_interval=0.02):
            return found(asked.kind, dataset, folder)
    except filelock.Timeout:
        print("Another process is at it already.", file=sys.stderr)
    except UserError as error:
        print(error, file=sys.stderr)
    return 1


def found(kind: str, dataset: Dataset, folder: Path) -> int:
    """Makes the findings; a failure stays in the progress file as a sentence."""
    if kept.read_progress(folder, kind) is None:
        kept.write_progress(folder, kind, "running", 0.0, "Starting")  # from a shell
    for left in folder.glob(".work-*"):  # by a killed process
        shutil.rmtree(left, ignore_errors=True)
    written = [0.0]

    def tell(share: float, text: str) -> None:
        if not (folder / f"{kind}.progress.json").exists():
            raise Cancelled
        if time.monotonic() - written[0] > WRITE_SECONDS:
            kept.write_progress(folder, kind, "running", share, text)
            written[0] = time.monotonic()

    try:
        arrays = _made(kind, dataset, folder, tell)
        tell(1.0, "Writing")
        with atomic.replacing(folder / f"{kind}.npz") as aside:
            np.savez_compressed(aside, **arrays)
        (folder / f"{kind}.progress.json").unlink(missing_ok=True)
        return 0
    except Cancelled:
        return 3
    except UserError as error:
        sentence = str(error)
    except MemoryError:
        sentence = "Looking through the pictures needs more memory than the machine has. Close other programs."
    except OSError as error:
        traceback.print_exc()
        hint = " Free some space and start it again." if error.errno in (errno.ENOSPC, errno.EFBIG) else ""
        sentence = f"What was found could not be written: {error.strerror or error}.{hint}"
    except Exception as error:
        traceback.print_exc()
        sentence = f"It ended by an error in the program ({type(error).__name__}). The details are in {kind}.log."
    kept.write_progress(folder, kind, "failed", 0.0, sentence)
    return 1


def _made(kind: str, dataset: Dataset, folder: Path, tell) -> dict[str, np.ndarray]:
    if kind == "survey":
        from imgcls.explore.survey import survey

        return survey(dataset, folder, tell)
    from imgcls.explore.space import tsne

    tell(0.0, "Loading scikit-learn")
    points = kept.findings("survey", dataset)["map_points"]
    return {"places": tsne(points, lambda share: tell(share, "Moving neighbours together"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
