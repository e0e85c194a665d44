"""Classes in an order in which those that a model confuses stand together, so that a large matrix shows blocks."""

import numpy as np


def soft_confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of the pictures of each class, the mean probability of every class: (classes, classes), rows without any are 0.

    It says more than counts: a picture that was read rightly may still have been half taken for another class.
    """
    k = probabilities.shape[1]
    of_class = np.zeros((k, len(labels)), np.float32)
    of_class[labels, np.arange(len(labels))] = 1
    return of_class @ probabilities / np.maximum(of_class.sum(1, keepdims=True), 1)


def order(confused: np.ndarray) -> np.ndarray:
    """Class numbers (classes,) in the order of the leaves of a tree that joins the most confused first.

    Average linkage (Sokal and Michener 1958) on the symmetric part; two branches are laid so that their most alike
    ends touch (after Gruvaeus and Wainer 1972).
    """
    alike = np.nan_to_num(confused + confused.T).astype(np.float64)
    np.fill_diagonal(alike, -np.inf)
    between = alike.copy()  # of classes, for the ends
    leaves = [[number] for number in range(len(alike))]
    sizes = np.ones(len(alike))
    while len(leaves) > 1:
        first, second = sorted(np.unravel_index(alike.argmax(), alike.shape))
        a, b = leaves[first], leaves[second]
        ends = [(a, b), (a, b[::-1]), (a[::-1], b), (a[::-1], b[::-1])]
        left, right = max(ends, key=lambda pair: between[pair[0][-1], pair[1][0]])
        joined = (alike[first] * sizes[first] + alike[second] * sizes[second]) / (sizes[first] + sizes[second])
        alike[first], alike[:, first], alike[first, first] = joined, joined, -np.inf
        alike = np.delete(np.delete(alike, second, 0), second, 1)
        leaves[first] = left + right
        sizes[first] += sizes[second]
        leaves.pop(second)
        sizes = np.delete(sizes, second)
    return np.array(leaves[0] if leaves else [], np.int64)
