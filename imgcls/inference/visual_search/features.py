"""The features that a search compares: those of a network that ships with the project, or of a finished run.

Features are named by the title of the network or the ID of the run.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from imgcls import runs
from imgcls.datasets import Dataset
from imgcls.errors import UserError
from imgcls.inference import activations
from imgcls.inference.predictor import Predictor, load_predictor
from imgcls.models import backbones
from imgcls.models.shipped import FeatureExtractor
from imgcls.runs import Run

IMAGE_SIZE = 96
"""Side length in pixels to which images are resized for a network that ships with the project."""
MOST_RUNS = 50
"""Only the newest runs are offered: each costs a disk access."""
RUN_BATCH = 64
"""A run's model gives the output of every layer, which takes memory."""
FILES = ("inside.json", "inside.tflite")


def choices(dataset: Dataset) -> dict[str, str]:
    """The features that can be used for a dataset: name -> title, those that need no run first."""
    found = {title: title_of(title) for title in backbones.SHIPPED}
    for run in runs.all_runs()[:MOST_RUNS]:
        title = _run_title(run, run.stamp("model.json", "label.txt", *FILES), dataset.facts.shape)
        if title:
            found[run.id] = title
    return found


def title_of(features: str) -> str:
    """What features are called on a page."""
    network = backbones.NETWORKS.get(features)
    return f"{network.title} ({network.strength})" if network else features


def file_key(features: str) -> str:
    """Names these features in a file name: other weights or another image size give another key.

    Raises:
        RunError: there is no such run.
    """
    network = backbones.NETWORKS.get(features)
    if network is not None:
        return f"{network.file.partition('.')[0]}-{IMAGE_SIZE}"
    run = runs.find(features)
    return f"run-{run.id}-{int(max(run.stamp(*FILES)))}"


def function_of(features: str) -> Callable[[np.ndarray], np.ndarray]:
    """A function from uint8 images (n, height, width, channels) to float32 features (n, values).

    A network accepts images of any size; a run accepts those of the size that it was trained on.

    Raises:
        RunError: there is no such run, or it stores no activations.
        WeightsError: the weights of the network are damaged.
    """
    if features in backbones.SHIPPED:
        return _extractor(features).features
    run = runs.find(features)
    model = activations.load_activation_model(run)

    def compute(images: np.ndarray) -> np.ndarray:
        predictor = load_predictor(run)
        if isinstance(predictor, Predictor) and (found := predictor.outputs(images).features) is not None:
            return found
        parts = [
            model.activations(images[start : start + RUN_BATCH]).features for start in range(0, len(images), RUN_BATCH)
        ]
        return np.concatenate(parts).astype(np.float32)

    return compute


@lru_cache(2)
def _extractor(title: str) -> FeatureExtractor:
    return FeatureExtractor(title, IMAGE_SIZE)


@lru_cache(4 * MOST_RUNS)
def _run_title(run: Run, stamp: tuple, shape: tuple[int, int, int]) -> str:
    """The name of a run whose features fit images of this shape; empty if they do not, or if it stores none."""
    try:
        is_fit = run.card.shape == shape and 0.0 not in run.stamp(*FILES)
    except UserError:
        return ""
    return f"{run.label} (your run)" if is_fit else ""
