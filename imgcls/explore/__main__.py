"""Find out about a data set, in a process of its own.

python -m imgcls.explore survey NAME     looks at every picture
python -m imgcls.explore tsne NAME       makes a map of some of them; after the survey
"""

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np

from imgcls import atomic, datasets
from imgcls.background import Tell
from imgcls.datasets import Dataset
from imgcls.errors import UserError
from imgcls.explore import kept


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m imgcls.explore", allow_abbrev=False)
    parser.add_argument("kind", choices=kept.KINDS)
    parser.add_argument("name")
    asked = parser.parse_args(arguments)
    try:
        dataset = datasets.open_dataset(asked.name)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return kept.work_of(asked.kind, dataset).run(lambda tell: found(asked.kind, dataset, tell))


def found(kind: str, dataset: Dataset, tell: Tell) -> None:
    """Makes the findings and writes them."""
    folder = kept.folder_of(dataset)
    for left in folder.glob(".work-*"):  # by a killed process
        shutil.rmtree(left, ignore_errors=True)
    arrays = _made(kind, dataset, folder, tell)
    tell(1.0, "Writing")
    with atomic.replacing(folder / f"{kind}.npz") as aside:
        np.savez_compressed(aside, **arrays)


def _made(kind: str, dataset: Dataset, folder: Path, tell: Tell) -> dict[str, np.ndarray]:
    if kind == "survey":
        from imgcls.explore.survey import survey

        return survey(dataset, folder, tell)
    from imgcls.explore.space import tsne

    tell(0.0, "Loading scikit-learn")
    points = kept.findings("survey", dataset)["map_points"]
    return {"places": tsne(points, lambda share: tell(share, "Moving neighbours together"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
