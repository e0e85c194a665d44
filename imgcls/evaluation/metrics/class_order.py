"""An order of the classes that places confused classes next to each other, so that a large matrix shows blocks."""

import numpy as np


def soft_confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean probability of each class (column) over the images of each true class (row); rows without images are 0.

    More sensitive than counts: a correct prediction may still give another class a high probability.
    """
    k = probabilities.shape[1]
    of_class = np.zeros((k, len(labels)), np.float32)
    of_class[labels, np.arange(len(labels))] = 1
    return of_class @ probabilities / np.maximum(of_class.sum(1, keepdims=True), 1)


def order(confused: np.ndarray) -> np.ndarray:
    """Class numbers (classes,) in the order of the leaves of a dendrogram that joins the most confused classes first.

    Average linkage (Sokal and Michener 1958) on the symmetric part of `confused`, with leaves ordered so that
    neighbours are as similar as possible (Bar-Joseph, Gifford and Jaakkola 2001).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage

    count = len(confused)
    if count < 3:
        return np.arange(count)
    similar = np.nan_to_num(confused + confused.T).astype(np.float64)
    pairs = similar[np.triu_indices(count, 1)]
    return leaves_list(linkage(pairs.max() - pairs, "average", optimal_ordering=True)).astype(np.int64)
