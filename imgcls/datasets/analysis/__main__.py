"""Find out about a data set, in a process of its own.

python -m imgcls.datasets.analysis survey NAME     looks at every picture
python -m imgcls.datasets.analysis tsne NAME       makes a map of some of them; after the survey
"""

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np

from imgcls import datasets
from imgcls.datasets import Dataset
from imgcls.datasets.analysis import cache
from imgcls.errors import UserError
from imgcls.system import atomic
from imgcls.system.tasks import Progress


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m imgcls.datasets.analysis", allow_abbrev=False)
    parser.add_argument("kind", choices=cache.KINDS)
    parser.add_argument("name")
    asked = parser.parse_args(arguments)
    try:
        dataset = datasets.open_dataset(asked.name)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return cache.task_of(asked.kind, dataset).run(lambda tell: found(asked.kind, dataset, tell))


def found(kind: str, dataset: Dataset, tell: Progress) -> None:
    """Makes the findings and writes them."""
    folder = cache.folder_of(dataset)
    for left in folder.glob(".work-*"):  # by a killed process
        shutil.rmtree(left, ignore_errors=True)
    arrays = _made(kind, dataset, folder, tell)
    tell(1.0, "Writing")
    with atomic.replacing(folder / f"{kind}.npz") as aside:
        np.savez_compressed(aside, **arrays)


def _made(kind: str, dataset: Dataset, folder: Path, tell: Progress) -> dict[str, np.ndarray]:
    if kind == "survey":
        from imgcls.datasets.analysis.survey import survey

        return survey(dataset, folder, tell)
    from imgcls.datasets.analysis.embedding import tsne

    tell(0.0, "Loading scikit-learn")
    points = cache.results("survey", dataset)["map_points"]
    return {"places": tsne(points, lambda fraction: tell(fraction, "Moving neighbours together"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
