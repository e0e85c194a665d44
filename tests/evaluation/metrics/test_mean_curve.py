"""The mean of the curves of repeated runs, and the band around it."""

import numpy as np
import pytest

from imgcls.evaluation.metrics.mean_curve import mean_curve

CURVES = [([1, 2, 3], [0.1, 0.2, 0.9]), ([1, 2], [0.3, 0.4]), ([1, 2, 3], [0.5, 0.6, 0.9])]


def test_the_band_is_the_standard_deviation_where_all_runs_have_a_value():
    found = mean_curve(CURVES)
    assert found.x.tolist() == [1, 2] and found.runs == 3 and found.band == "mean ± SD"
    assert found.mean == pytest.approx([0.3, 0.4])
    assert found.low == pytest.approx([0.1, 0.2]) and found.high == pytest.approx([0.5, 0.6])
    assert found.text(0, is_percentage=True) == "30.0% ± 20.0"
    assert found.text(0, is_percentage=False) == "0.300 ± 0.200"


def test_the_band_of_two_runs_is_their_range():
    found = mean_curve(CURVES[:2])
    assert found.band == "min–max" and found.low == pytest.approx([0.1, 0.2])
    assert found.text(1, is_percentage=True) == "30.0% (20.0–40.0)"


def test_one_run_is_its_own_mean_and_what_is_missing_stays_missing():
    found = mean_curve(CURVES[:1])
    assert found.mean.tolist() == [0.1, 0.2, 0.9] and found.text(2, is_percentage=True) == "90.0%"
    found = mean_curve([([1, 2], [np.inf, 0.5])] * 3)
    assert np.isnan(found.mean[0]) and found.text(0, is_percentage=False) == "–"


def test_runs_without_the_metric_are_left_out_and_counted():
    found = mean_curve([([1, 2], [0.5, 0.6]), ([], [])])
    assert found.mean.tolist() == [0.5, 0.6] and found.count == "1 of 2 runs"
    assert mean_curve([*CURVES, ([], [])]).count == "3 of 4 runs" and mean_curve(CURVES).count == "3 runs"
    assert not len(mean_curve([([], [])] * 2).x)
