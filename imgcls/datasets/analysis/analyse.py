"""Analyse a dataset in this process and store the results where the Data page finds them."""

import shutil

import numpy as np

from imgcls.datasets.analysis import cache
from imgcls.datasets.analysis.survey import survey
from imgcls.datasets.store import Dataset, open_dataset
from imgcls.system import atomic
from imgcls.system.tasks import Progress


def analyse(name: str, kind: str = "survey", progress: Progress = lambda fraction, text: None) -> int:
    """Computes the results of one kind ("survey" or "tsne") unless another process is doing so.

    Returns:
        The exit code of the task: 0, or 1 if it failed; the reason is stored for the Data page.

    Raises:
        DatasetError: there is no such dataset, or it is not prepared.
    """
    dataset = open_dataset(name)

    def make(report: Progress) -> None:
        def both(fraction: float, text: str) -> None:
            report(fraction, text)
            progress(fraction, text)

        compute(kind, dataset, both)

    return cache.task_of(kind, dataset).run(make)


def compute(kind: str, dataset: Dataset, report: Progress) -> None:
    """Computes the results of one kind and writes them to the cache."""
    folder = cache.folder_of(dataset)
    for leftover in folder.glob(".work-*"):  # of a killed process
        shutil.rmtree(leftover, ignore_errors=True)
    arrays = survey(dataset, folder, report) if kind == "survey" else _tsne(dataset, report)
    report(1.0, "Saving")
    with atomic.replacing(folder / f"{kind}.npz") as aside:
        np.savez_compressed(aside, **arrays)  # type: ignore[arg-type]  # no array is called allow_pickle


def _tsne(dataset: Dataset, report: Progress) -> dict[str, np.ndarray]:
    from imgcls.datasets.analysis.embedding import tsne

    report(0.0, "Loading scikit-learn")
    points = cache.results("survey", dataset)["map_points"]
    return {"places": tsne(points, lambda fraction: report(fraction, "Computing t-SNE"))}
