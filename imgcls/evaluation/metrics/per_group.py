"""The accuracy of each group of test images: how well does a model do on a patient, plot or writer it never saw?"""

from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray, wilson

RESAMPLES = 2000


@dataclass(frozen=True, eq=False)
class GroupScores:
    """One entry per group, the lowest accuracy first; of equal ones, the larger group.

    `groups` (g,) are the numbers of the groups, `images` and `correct` (g,) count their images. `accuracy` has Wilson
    intervals, which are wide for small groups. `overall` is the accuracy over all images of groups, with an interval
    that resamples whole groups: images of one group are alike, so they count as less evidence than as many images of
    different groups.
    """

    groups: np.ndarray
    images: np.ndarray
    correct: np.ndarray
    accuracy: ScoreArray
    overall: Score


def group_scores(groups: np.ndarray, is_right: np.ndarray) -> GroupScores | None:
    """The scores of images in these groups, int (n,), -1 if in none; None if no image is in a group.

    Source of the overall interval: the cluster bootstrap; Field, C. A. and Welsh, A. H. (2007), "Bootstrapping
    clustered data", Journal of the Royal Statistical Society B 69.
    """
    has_group = groups >= 0
    if not has_group.any():
        return None
    numbers, place = np.unique(groups[has_group], return_inverse=True)
    images = np.bincount(place)
    correct = np.bincount(place, is_right[has_group]).astype(np.int64)
    order = np.lexsort((-images, correct / images))
    return GroupScores(
        numbers[order],
        images[order],
        correct[order],
        wilson(correct[order], images[order]),
        _overall(images, correct),
    )


def _overall(images: np.ndarray, correct: np.ndarray) -> Score:
    value = float(correct.sum() / images.sum())
    if len(images) < 2:
        return wilson(int(correct.sum()), int(images.sum()))
    drawn = np.random.default_rng(0).integers(0, len(images), (RESAMPLES, len(images)))
    values = correct[drawn].sum(1) / images[drawn].sum(1)
    low, high = np.percentile(values, (2.5, 97.5))
    # Without errors the bootstrap has no width; and groups never make the evidence larger than single images would.
    single = wilson(int(correct.sum()), int(images.sum()))
    return Score(value, float(min(low, single.low)), float(max(high, single.high)))
