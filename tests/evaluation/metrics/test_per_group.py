"""Accuracy per group, worst first, and an overall interval based on groups instead of images."""

import numpy as np
import pytest

from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.per_group import group_scores


def test_the_worst_groups_come_first():
    groups = np.repeat([0, 1, 2, -1], [10, 10, 20, 5])
    is_right = np.r_[[True] * 10, [True] * 4 + [False] * 6, [True] * 15 + [False] * 5, [False] * 5]
    found = group_scores(groups, is_right)
    assert found.groups.tolist() == [1, 2, 0]
    assert found.images.tolist() == [10, 20, 10] and found.correct.tolist() == [4, 15, 10]
    assert found.accuracy.value.tolist() == [0.4, 0.75, 1.0]
    assert found.accuracy[0].low == pytest.approx(wilson(4, 10).low)
    assert found.overall.value == pytest.approx(29 / 40), "images without a group do not count"


def test_among_equal_groups_the_larger_comes_first():
    assert group_scores(np.repeat([0, 1], [2, 6]), np.ones(8, bool)).groups.tolist() == [1, 0]


def test_differences_between_groups_widen_the_interval():
    is_right = np.repeat([True, False], [80, 20])
    alike = group_scores(np.arange(100), is_right).overall
    apart = group_scores(np.repeat(np.arange(5), 20), is_right).overall  # one group is all wrong
    assert apart.high - apart.low > 2 * (alike.high - alike.low)
    assert apart.low <= apart.value <= apart.high


def test_without_groups_there_is_no_score_and_one_group_has_the_wilson_interval():
    assert group_scores(np.full(4, -1), np.ones(4, bool)) is None
    one = group_scores(np.zeros(10, int), np.ones(10, bool))
    assert one.overall.value == 1.0 and one.overall.low == pytest.approx(wilson(10, 10).low)
