"""Student's t, the exact binomial test and ranks, checked against scipy.stats."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from imgcls.evaluation.metrics.distributions import fair_binomial_p, mean_ranks, t_quantile, t_tail


@pytest.mark.parametrize("degrees", [1, 2, 2.5, 7, 30.25, 999, 1e6])
def test_students_t_matches_scipy(degrees):
    assert t_quantile(degrees, 0.975) == pytest.approx(stats.t(degrees).ppf(0.975), rel=1e-9)
    for value in (0.0, 1e-6, 0.3, 1.0, 2.2, 12.0):
        assert t_tail(degrees, value) == pytest.approx(stats.t(degrees).sf(value), rel=1e-8, abs=1e-250)


def test_the_exact_test_matches_scipy():
    pairs = [(k, n) for n in (1, 2, 3, 10, 41, 1000) for k in range(0, n + 1, max(1, n // 20))]
    for successes, trials in pairs:
        expected = stats.binomtest(successes, trials).pvalue
        assert fair_binomial_p(successes, trials) == pytest.approx(expected, rel=1e-8, abs=1e-250)


def test_ranks_match_scipy():
    values = np.random.default_rng(0).integers(0, 40, 300) / 7
    np.testing.assert_array_equal(mean_ranks(values), stats.rankdata(values))


def test_scores_need_no_scipy_stats():
    """It would take 72 MB of a server's memory, and a second at the end of `imgcls train --seeds`."""
    code = """
import sys
import numpy as np
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.metrics import crossed, roc_pr, significance
repeated_seeds.t_interval(np.array([0.8, 0.9]))
significance.mcnemar(3, 5)
right = np.random.default_rng(0).random((2, 3, 20)) < 0.5
crossed.compare(*right)
scores = np.random.default_rng(0).random((20, 3))
roc_pr.areas(scores, np.arange(20) % 3)
assert "scipy.stats" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
