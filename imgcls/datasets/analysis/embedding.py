"""Images as points: principal components, outlier scores and t-SNE."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

COMPONENTS = 32
MAD_TO_STD = 1.4826
"""Median absolute deviation times this estimates the standard deviation of a normal distribution."""


@dataclass(frozen=True)
class PrincipalComponents:
    """Principal components: mean (values,), directions (components, values) and the standard deviation along each
    (components,)."""

    mean: np.ndarray
    directions: np.ndarray
    deviations: np.ndarray

    @classmethod
    def of(cls, copies: np.ndarray, components: int = COMPONENTS) -> "PrincipalComponents":
        """Principal components (Hotelling 1933) of flat images (n, values), from the covariance matrix."""
        values = copies.astype(np.float64)
        mean = values.mean(0)
        values -= mean
        variances, vectors = np.linalg.eigh(values.T @ values / max(len(values) - 1, 1))
        chosen = np.argsort(-variances)[:components]
        directions = vectors[:, chosen].T
        # The sign of a direction is arbitrary: the largest entry is made positive, so that the map is reproducible.
        signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(1)])
        deviations = np.sqrt(np.maximum(variances[chosen], 0))
        return cls(mean.astype(np.float32), (directions * signs[:, None]).astype(np.float32), deviations)

    def points(self, copies: np.ndarray) -> np.ndarray:
        """Coordinates of flat images (n, values): float32 (n, components)."""
        return (copies.astype(np.float32) - self.mean) @ self.directions.T


def outlier_scores(
    points: np.ndarray, labels: np.ndarray, deviations: np.ndarray, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """A robust z-score per image for its distance to the centre of its class, and the class with the nearest centre.

    The centre of a class is the median of its points; each direction is divided by its standard deviation over all
    images. The score is (distance - median) / (1.4826 * median absolute deviation) within the class: above 3 is
    unusual, above 6 very unusual. It is 0 in classes of fewer than three images.

    Returns:
        float32 (n,) and int64 (n,).
    """
    scaled = points / np.maximum(deviations, 1e-6).astype(np.float32)
    centres = np.full((num_classes, points.shape[1]), np.inf, np.float32)
    for label in np.unique(labels[labels >= 0]):
        centres[label] = np.median(scaled[labels == label], 0)
    distances = np.full((len(points), num_classes), np.inf, np.float32)
    for label in range(num_classes):
        if np.isfinite(centres[label]).all():
            distances[:, label] = np.sqrt(((scaled - centres[label]) ** 2).sum(1))
    scores = np.zeros(len(points), np.float32)
    for label in range(num_classes):
        members = np.flatnonzero(labels == label)
        if len(members) < 3:
            continue
        own = distances[members, label]
        median = np.median(own)
        spread = MAD_TO_STD * np.median(np.abs(own - median))
        scores[members] = (own - median) / max(spread, 1e-6)
    return scores, distances.argmin(1)


def tsne(points: np.ndarray, progress: Callable[[float], None] = lambda fraction: None) -> np.ndarray:
    """t-SNE coordinates: float32 (n, 2) (van der Maaten and Hinton 2008; scikit-learn's implementation).

    Similar images stay close together; distances between clusters are not meaningful.
    """
    import contextlib

    from sklearn.manifold import TSNE

    iterations = 1000
    perplexity = min(30.0, (len(points) - 1) / 3)
    made = TSNE(init="pca", perplexity=perplexity, max_iter=iterations, random_state=0, verbose=2)
    # Its output, a line every 50 iterations, is the only source of progress.
    with contextlib.redirect_stdout(_IterationParser(lambda number: progress(number / iterations))):
        return made.fit_transform(points).astype(np.float32)


class _IterationParser:
    """A text stream that passes on the number in '[t-SNE] Iteration 50: error = ...'."""

    def __init__(self, on_iteration: Callable[[int], None]):
        self._on_iteration = on_iteration

    def write(self, text: str) -> int:
        _, found, rest = text.partition("Iteration ")
        number = rest.split(":")[0]
        if found and number.isdigit():
            self._on_iteration(int(number))
        return len(text)

    def flush(self) -> None:
        """Nothing is buffered."""
