"""Parallel coordinates of the trials of a study: lines that can be told apart, hovered and clicked."""

from dataclasses import replace

import numpy as np

from imgcls.charts import studies
from imgcls.charts.compared import parallel_coordinates
from imgcls.charts.studies import Point
from imgcls.charts.theme import QUIET, faded

POINTS = [
    Point("a", 0, 80.0, {"learning_rate": 0.001, "batch_size": 32}),
    Point("b", 1, 90.0, {"learning_rate": 0.01, "batch_size": 128}, is_winner=True, score="90.00%"),
    Point("c", 2, 14.0, {"learning_rate": 0.1, "batch_size": 128}, is_pruned=True),
    Point("d", 3, 85.0, {"learning_rate": 0.1, "batch_size": 16}),
]


def drawn(points=POINTS, **options):
    """The figure, and its lines by run."""
    ends = {"learning_rate": (1e-3, 1e-1)}
    options = {"is_higher_better": True, "listed": ["batch_size"], "ends": ends} | options
    figure = parallel_coordinates.figure(points, ["learning_rate"], "accuracy, %", **options)
    return figure, {trace.customdata[0]: trace for trace in figure.data if trace.customdata}


def test_a_line_leads_through_the_settings_of_its_trial_to_its_score_and_opens_its_run():
    figure, lines = drawn()
    assert np.allclose(lines["a"].y, [0, 0.5, 0]) and np.allclose(lines["d"].y, [1, 0, 0.5])
    assert list(lines["a"].customdata) == ["a"] * 3 and "markers" in lines["a"].mode, "only points can be clicked"
    assert "trial 0: 80" in lines["a"].text[0]
    assert list(figure.layout.xaxis.ticktext) == ["learning rate", "batch size", "accuracy, %"]
    assert {"0.001", "0.01", "0.1", "16", "32", "128"} == {one.text for one in figure.layout.annotations}


def test_the_winner_is_on_top_and_what_ended_early_is_grey_and_behind_the_others():
    _, lines = drawn()
    assert list(lines) == ["c", "a", "d", "b"]
    assert lines["b"].line.width > lines["a"].line.width >= 2
    assert lines["b"].line.color == "rgb(0, 114, 178)", "the best of the scale"
    assert lines["c"].line.color == faded(QUIET, 0.6) and lines["c"].line.dash == "dot"
    assert -0.1 < lines["c"].y[-1] < 0, "below an axis that it would squeeze together"
    _, lines = drawn([*POINTS[:2], replace(POINTS[2], value=70.0), POINTS[3]])
    assert lines["c"].y[-1] < 0 == lines["a"].y[-1], "the axis is that of the complete trials"


def test_lines_that_share_a_value_of_a_list_do_not_lie_on_each_other():
    figure, lines = drawn([replace(point, params={"batch_size": 16 if point.number < 3 else 32}) for point in POINTS])
    heights = sorted(lines[run].y[0] for run in "abc")
    assert heights[0] < heights[1] < heights[2] < lines["d"].y[0]
    bars = [one for one in figure.layout.shapes if one.type == "rect"]
    assert len(bars) == 2 and bars[0].y0 < heights[0] and heights[2] < bars[0].y1, "and their value has a bar"


def test_the_axis_of_scores_is_the_scale_of_the_colours_in_both_modes():
    for is_dark, scale in ((False, studies.SCALE), (True, studies.DARK_SCALE)):
        figure, _ = drawn(is_dark=is_dark)
        marker = figure.data[-1].marker
        assert [colour for _, colour in marker.colorscale] == [colour for _, colour in scale]
        shown = dict(zip(marker.colorbar.tickvals, marker.colorbar.ticktext, strict=True))
        assert shown[0.0] == "80" and shown[1.0] == "90.00%", "as the page writes it"
    worst_first = drawn(is_higher_better=False)[0].data[-1].marker.colorscale
    assert worst_first[0][1] == studies.SCALE[-1][1], "a low loss is good"


def test_only_the_best_of_many_trials_are_drawn(monkeypatch):
    monkeypatch.setattr(parallel_coordinates, "MOST_LINES", 2)
    assert list(drawn()[1]) == ["d", "b"]
    same = [replace(point, value=50.0) for point in POINTS]
    assert drawn(same)[1]["a" if "a" in drawn(same)[1] else "d"].y[-1] == 0.5


def test_trials_that_are_not_chosen_are_faint():
    _, lines = drawn(chosen=["a", "d"])
    assert [run for run in lines if lines[run].opacity == parallel_coordinates.FAINT] == ["c", "b"]
    assert lines["b"].line.width < lines["a"].line.width and lines["b"].line.color == QUIET
    assert not [run for run, line in drawn()[1].items() if line.opacity == parallel_coordinates.FAINT]
