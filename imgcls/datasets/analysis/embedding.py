"""The pictures as points: principal components of small copies, who lies far from its class, and a map of some."""

from dataclasses import dataclass

import numpy as np

COMPONENTS = 32
ROBUST = 1.4826
"""The median of absolute deviations times this is the deviation of a bell curve."""


@dataclass(frozen=True)
class PrincipalComponents:
    """The directions in which pictures differ most: their mean (values,), directions (components, values) and the
    deviation along each (components,)."""

    mean: np.ndarray
    directions: np.ndarray
    deviations: np.ndarray

    @classmethod
    def of(cls, copies: np.ndarray, components: int = COMPONENTS) -> "PrincipalComponents":
        """Principal components (Hotelling 1933) of flat copies (n, values), by the covariance matrix."""
        values = copies.astype(np.float64)
        mean = values.mean(0)
        values -= mean
        variances, vectors = np.linalg.eigh(values.T @ values / max(len(values) - 1, 1))
        chosen = np.argsort(-variances)[:components]
        directions = vectors[:, chosen].T
        # A direction and its opposite are as good as each other: the largest entry is positive, always the same map.
        signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(1)])
        deviations = np.sqrt(np.maximum(variances[chosen], 0))
        return cls(mean.astype(np.float32), (directions * signs[:, None]).astype(np.float32), deviations)

    def points(self, copies: np.ndarray) -> np.ndarray:
        """Where flat copies (n, values) lie: float32 (n, components)."""
        return (copies.astype(np.float32) - self.mean) @ self.directions.T


def outlier_scores(
    points: np.ndarray, labels: np.ndarray, deviations: np.ndarray, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """How far each point lies from the middle of its class, and whose middle is the nearest to it.

    The middle of a class is the median of its points; each direction counts by its deviation over all pictures. A
    distance is told in robust deviations from what is usual in the class: (distance - median) / (1.4826 * median
    absolute deviation), so 3 is unusual and 6 is very much so. In a class of fewer than three pictures it is 0.

    Returns:
        float32 (n,) and int64 (n,), the class with the nearest middle.
    """
    scaled = points / np.maximum(deviations, 1e-6).astype(np.float32)
    middles = np.full((num_classes, points.shape[1]), np.inf, np.float32)
    for label in np.unique(labels[labels >= 0]):
        middles[label] = np.median(scaled[labels == label], 0)
    distances = np.full((len(points), num_classes), np.inf, np.float32)
    for label in range(num_classes):
        if np.isfinite(middles[label]).all():
            distances[:, label] = np.sqrt(((scaled - middles[label]) ** 2).sum(1))
    unusual = np.zeros(len(points), np.float32)
    for label in range(num_classes):
        members = np.flatnonzero(labels == label)
        if len(members) < 3:
            continue
        own = distances[members, label]
        usual = np.median(own)
        spread = ROBUST * np.median(np.abs(own - usual))
        unusual[members] = (own - usual) / max(spread, 1e-6)
    return unusual, distances.argmin(1)


def tsne(points: np.ndarray, tell=lambda fraction: None) -> np.ndarray:
    """A map in which neighbours stay neighbours: float32 (n, 2).

    t-SNE (van der Maaten and Hinton 2008) of scikit-learn. Distances between groups mean nothing in it.
    """
    import contextlib

    from sklearn.manifold import TSNE

    iterations = 1000
    perplexity = min(30.0, (len(points) - 1) / 3)
    made = TSNE(init="pca", perplexity=perplexity, max_iter=iterations, random_state=0, verbose=2)
    # Its words are the only way to learn how far it is; it says one every 50 iterations.
    with contextlib.redirect_stdout(_Listener(lambda number: tell(number / iterations))):
        return made.fit_transform(points).astype(np.float32)


class _Listener:
    """A stream that hears the number in '[t-SNE] Iteration 50: error = ...'."""

    def __init__(self, hear):
        self._hear = hear

    def write(self, text: str) -> int:
        _, found, rest = text.partition("Iteration ")
        number = rest.split(":")[0]
        if found and number.isdigit():
            self._hear(int(number))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
