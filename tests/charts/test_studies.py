"""Figures of studies: the right points, linked to their runs, with user text shown literally."""

from dataclasses import replace

import numpy as np

from imgcls.charts import epoch_history, studies
from imgcls.charts.compared import run_scatter
from imgcls.charts.studies import Point
from imgcls.charts.theme import QUIET
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
    assert figure.layout.xaxis.type == "log" and list(figure.data[0].x) == [0.001, 0.01, 0.1]
    assert studies.slices(POINTS, "kind", "accuracy", is_log=False).layout.xaxis.type == "category"


def figures_of(points):
    return (
        studies.history(points, "accuracy", is_higher_better=True),
        studies.slices(points, "learning_rate", "accuracy", is_log=True),
        studies.pareto(points, "seconds", "s", "accuracy", is_higher_better=True),
    )


def test_a_trial_that_ended_early_is_a_cross_at_its_score():
    for figure in figures_of(POINTS):
        low, high = figure.layout.yaxis.range
        assert 68 < low < 70 and 90 < high < 92
        (cross,) = (trace for trace in figure.data if trace.name == "stopped early")
        assert set(cross.marker.symbol) == {"x"} and list(cross.customdata) == ["c"] and list(cross.y) == [70]
    front = studies.pareto(POINTS, "seconds", "s", "accuracy", is_higher_better=True).data[-1]
    assert list(front.x) == [4, 8, 9], "what ended early is cheap for another reason"


def test_a_trial_that_would_squeeze_the_others_together_says_that_it_is_off_the_axis():
    for figure in figures_of([*POINTS[:2], replace(POINTS[2], value=14.0), POINTS[3]]):
        low, high = figure.layout.yaxis.range
        assert 78 < low < 80 and 90 < high < 92
        (mark,) = (trace for trace in figure.data if trace.name == "stopped early, below the axis")
        assert set(mark.marker.symbol) == {"triangle-down"} and list(mark.y) == [low] and "14" in mark.text[0]


def test_all_trials_that_ended_early_are_on_the_axis_if_no_other_has_ended():
    points = [replace(POINTS[2], value=value) for value in (14.0, 60.0)]
    assert studies.reach(points)[0] < 14 and studies.reach(points)[1] > 60
    same = [replace(POINTS[0], value=80.0), replace(POINTS[2], value=76.0)]
    assert studies.reach(same)[0] < 76, "an axis of one value is not one of no length"


def test_a_narrow_logarithmic_range_has_ticks_too():
    points = [Point("a", 0, 80.0, {"rate": 0.0018}), Point("b", 1, 90.0, {"rate": 0.0044})]
    ticks = studies.slices(points, "rate", "accuracy", is_log=True).layout.xaxis
    assert {"0.002"} <= {text for text, at in zip(ticks.ticktext, ticks.tickvals, strict=True) if 0.0018 < at < 0.0044}
    assert studies.history(points, "accuracy", is_higher_better=True).layout.xaxis.dtick == 1, "no trial 0.5"


def test_the_winner_is_a_star_in_every_figure():
    points = [*POINTS[:3], replace(POINTS[3], is_winner=True)]
    trace = studies.slices(points, "learning_rate", "accuracy", is_log=True).data[0]
    assert list(trace.marker.symbol) == ["circle"] * 2 + ["star"] and "the winner" in trace.text[2]
    assert "star" in studies.pareto(points, "seconds", "s", "accuracy", is_higher_better=True).data[0].marker.symbol
    assert "star" in studies.history(points, "accuracy", is_higher_better=True).data[1].marker.symbol


def test_the_legend_shows_the_marker_of_all_trials_not_the_star_of_the_winner():
    """Plotly takes that of the first point."""
    points = [replace(POINTS[0], is_winner=True), *POINTS[1:]]
    trace = studies.slices(points, "learning_rate", "accuracy", is_log=True).data[0]
    assert list(trace.marker.symbol) == ["circle"] * 2 + ["star"] and list(trace.customdata) == ["b", "d", "a"]
    assert list(trace.x) == [0.01, 0.1, 0.001] and list(trace.y) == [90, 85, 80]


def test_the_axes_of_settings_show_the_range_that_is_searched():
    """With few trials, or equal ones, Plotly would choose an axis that has nothing to do with it, such as -1 to 1."""
    points = [
        Point("a", 0, 80.0, {"rate": 0.001, "dropout": 0.4}),
        Point("b", 1, 90.0, {"rate": 0.002, "dropout": 0.4}),
    ]
    ends = {"rate": (1e-4, 1e-1), "dropout": (0.0, 0.5)}
    axis = studies.slices(points, "dropout", "accuracy", is_log=False, ends=ends["dropout"]).layout.xaxis
    assert list(axis.range) == [-0.02, 0.52]
    axis = studies.slices(points, "rate", "accuracy", is_log=True, ends=ends["rate"]).layout.xaxis
    assert np.allclose(axis.range, [-4.12, -0.88]) and {"0.0001", "0.1"} <= set(axis.ticktext)


def test_listed_numbers_are_categories_in_their_order():
    """16, 32 and 128 of a list have the same distance, and no other number between them is marked."""
    points = [Point(str(size), size, 80.0, {"batch_size": size}) for size in (32, 128, 16)]
    axis = studies.slices(points, "batch_size", "accuracy", is_log=False, is_listed=True).layout.xaxis
    assert axis.type == "category" and list(axis.categoryarray) == ["16", "32", "128"]


def test_names_in_hover_texts_are_shown_literally():
    assert "&lt;b&gt;x" in studies.slices(POINTS, "learning_rate", "accuracy", is_log=True).data[0].text[0]


def test_the_pareto_front_rises_with_the_cost():
    assert studies.front_of([4, 9, 2, 8], [80, 90, 70, 75], is_higher_better=True) == [2, 0, 1]
    assert studies.front_of([4, 9, 2, 8], [80, 90, 70, 60], is_higher_better=False) == [2, 3]
    assert studies.front_of([1, 1, 1], [5, 7, 7], is_higher_better=True) == [1]
    figure = studies.pareto(POINTS, "parameters", "parameters", "accuracy", is_higher_better=True)
    assert [list(trace.customdata) for trace in figure.data[:2]] == [["a", "b"], ["c"]], (
        "a trial without a known cost is left out"
    )


def test_seed_groups_have_a_dot_per_run_and_a_mean_with_its_interval():
    figure = run_scatter.seed_groups(["wide"], [np.array([0.9, 0.92])], [Score(0.91, 0.8, 1.0)], [["a", "b"]])
    assert list(figure.data[0].customdata) == ["a", "b"] and np.allclose(figure.data[0].x, [90, 92])
    names = ["deep_cnn on fashion_mnist, learning rate 0.1", "deep_cnn on fashion_mnist, learning rate 0.2"]
    both = run_scatter.seed_groups(names, [np.ones(1)] * 2, [Score(1.0, 1.0, 1.0)] * 2, [["a"], ["b"]])
    assert [text.split("<br>")[1] for text in both.layout.yaxis.ticktext] == ["learning rate 0.1", "learning rate 0.2"]
    assert np.allclose(figure.data[1].error_x.array, [9]) and np.allclose(figure.data[1].error_x.arrayminus, [11])


def test_importances_are_percentages_with_the_largest_on_top():
    figure = studies.importances({"learning_rate": 0.75, "units": 0.25})
    assert list(figure.data[0].y) == ["units", "learning rate"] and list(figure.data[0].x) == [25, 75]


def test_learning_curves_of_trials_mark_the_winner_and_what_has_not_ended():
    curves = [
        epoch_history.TrialCurve("a", 0, [0.1, 0.4], is_winner=True),
        epoch_history.TrialCurve("b", 1, [None, 0.3, 0.2], is_open=True),
        epoch_history.TrialCurve("c", 2, [0.9]),
    ]
    figure = epoch_history.trials(curves, "validation loss", is_higher_better=False)
    lines = figure.data[:3]
    assert [one.name for one in lines] == ["trial 1", "trial 2", "trial 0"], "the winner is on top"
    assert list(lines[2].marker.symbol) == ["star", "circle"], "at its best epoch"
    assert [one.line.dash for one in lines] == ["dot", "solid", "solid"]
    assert list(lines[0].customdata) == ["b"] * 3
    assert [one.name for one in figure.data[3:]] == ["complete", "still training"] and figure.layout.showlegend
    one = epoch_history.trials(curves[:1], "loss", is_higher_better=True, is_dark=True)
    assert one.data[0].line.width == 4 and len(one.data) == 1 and not one.layout.showlegend


def test_learning_curves_of_trials_that_ended_before_their_last_epoch_are_grey_dashed_and_say_so():
    curves = [
        epoch_history.TrialCurve("a", 0, [80, 84]),
        epoch_history.TrialCurve("b", 1, [82], ended="stopped"),
        epoch_history.TrialCurve("c", 2, [10, 82], is_winner=True),
        epoch_history.TrialCurve("d", 3, [99], ended="failed"),
    ]
    figure = epoch_history.trials(curves, "validation accuracy, %", is_higher_better=True)
    first, second, whole, winner = figure.data[:4]
    assert [first.name, second.name] == ["trial 1", "trial 3"], "below the others"
    for line, word in ((first, "stopped"), (second, "failed")):
        assert (line.line.color, line.line.dash) == (QUIET, "dash") and f"({word})" in line.hovertemplate
    assert whole.line.color != QUIET and whole.line.color != studies.SCALE[0][1], "99% of one epoch is no scale"
    assert winner.line.width == 4
    assert [one.name for one in figure.data[4:]] == ["complete", "ended before its last epoch"]


def test_points_are_opaque_enough_for_a_dark_page():
    points = [Point("a", 0, 50.0, {}, is_winner=True), Point("b", 1, 40.0, {})]
    (_, scatter) = studies.history(points, "score", is_higher_better=True).data
    assert scatter.marker.opacity == 1 and scatter.marker.color[1] != scatter.marker.color[0]
    curves = [epoch_history.TrialCurve("a", 0, [0.1, 0.4], is_winner=True)]
    assert epoch_history.trials(curves, "score", is_higher_better=True).data[0].marker.opacity == 1


def test_points_of_trials_can_be_seen_on_a_white_and_on_a_dark_page():
    def luminance(colour):
        parts = [one / 255 for one in bytes.fromhex(colour[1:])]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    (colour,) = set(studies.slices(POINTS[:2], "learning_rate", "accuracy", is_log=True).data[0].marker.color)
    assert 1.05 / (luminance(colour) + 0.05) >= 3 and (luminance(colour) + 0.05) / (luminance("#0e1117") + 0.05) >= 4.5
