"""Figures of studies: the right points, linked to their runs, with user text shown literally."""

import numpy as np

from imgcls.charts import studies
from imgcls.charts.studies import Point
from imgcls.evaluation.metrics.confidence_intervals import Score

POINTS = [
    Point("a", 0, 80.0, {"learning_rate": 0.001, "kind": "<b>x</b>"}, False, 4.0, 100),
    Point("b", 1, 90.0, {"learning_rate": 0.01, "kind": "y"}, False, 9.0, 100),
    Point("c", 2, 70.0, {"learning_rate": 0.1, "kind": "y"}, True, 2.0, 50),
    Point("d", 3, 85.0, {"learning_rate": 0.1, "kind": "y"}, False, 8.0, None),
]


def test_the_history_shows_the_best_so_far_and_links_to_runs():
    figure = studies.history(POINTS, "accuracy", is_higher_better=True)
    assert list(figure.data[0].y) == [80, 90, 90, 90]
    assert list(figure.data[1].customdata) == ["a", "b", "d"] and list(figure.data[2].customdata) == ["c"]
    assert list(studies.history(POINTS, "loss", is_higher_better=False).data[0].y) == [80, 80, 70, 70]


def test_a_slice_has_a_logarithmic_axis_only_where_ratios_matter():
    figure = studies.slices(POINTS, "learning_rate", "accuracy", is_log=True)
    assert figure.layout.xaxis.type == "log" and list(figure.data[0].x) == [0.001, 0.01, 0.1, 0.1]
    assert studies.slices(POINTS, "kind", "accuracy", is_log=False).layout.xaxis.type == "category"


def test_names_in_hover_texts_are_shown_literally():
    assert "&lt;b&gt;x" in studies.slices(POINTS, "learning_rate", "accuracy", is_log=True).data[0].text[0]


def test_parallel_coordinates_use_exponents_and_categories():
    found = (
        studies.parallel_coordinates(POINTS, ["learning_rate"], "accuracy", is_higher_better=True).data[0].dimensions
    )
    assert np.allclose(found[0]["values"], [-3, -2, -1, -1]) and list(found[0]["ticktext"]) == ["0.001", "0.01", "0.1"]
    assert list(found[1]["values"]) == [0, 1, 1, 1] and list(found[2]["values"]) == [80, 90, 70, 85]


def test_the_pareto_front_rises_with_the_cost():
    assert studies.front_of([4, 9, 2, 8], [80, 90, 70, 75], is_higher_better=True) == [2, 0, 1]
    assert studies.front_of([4, 9, 2, 8], [80, 90, 70, 60], is_higher_better=False) == [2, 3]
    assert studies.front_of([1, 1, 1], [5, 7, 7], is_higher_better=True) == [1]
    figure = studies.pareto(POINTS, "parameters", "parameters", "accuracy", is_higher_better=True)
    assert list(figure.data[0].customdata) == ["a", "b", "c"], "a trial without a known cost is left out"


def test_seed_groups_have_a_dot_per_run_and_a_mean_with_its_interval():
    figure = studies.seed_groups(["wide"], [np.array([0.9, 0.92])], [Score(0.91, 0.8, 1.0)], [["a", "b"]])
    assert list(figure.data[0].customdata) == ["a", "b"] and np.allclose(figure.data[0].x, [90, 92])
    assert np.allclose(figure.data[1].error_x.array, [9]) and np.allclose(figure.data[1].error_x.arrayminus, [11])


def test_importances_are_percentages_with_the_largest_on_top():
    figure = studies.importances({"learning_rate": 0.75, "units": 0.25})
    assert list(figure.data[0].y) == ["units", "learning rate"] and list(figure.data[0].x) == [25, 75]
