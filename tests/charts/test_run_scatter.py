"""The scatter plot of runs: its axis is readable for any costs."""

import math

import pytest

from imgcls.charts import theme
from imgcls.charts.compared.run_scatter import RunPoint, run_scatter


@pytest.mark.parametrize(
    ("costs", "ticks"),
    [
        ((120_000, 900_000), ["100k", "200k", "500k", "1M", "2M", "5M"]),
        ((3, 40), ["1", "2", "5", "10", "20", "50", "100", "200", "500"]),
        ((90_000, 25_000_000), ["10k", "100k", "1M", "10M", "100M"]),
        ((1_000,), ["1k", "2k", "5k"]),
    ],
)
def test_the_costs_lie_between_named_ticks(costs, ticks):
    figure = run_scatter([RunPoint("a run", "MNIST", cost, 0.9) for cost in costs], "parameters")
    assert list(figure.layout.xaxis.ticktext) == ticks
    assert figure.layout.xaxis.tickvals[0] <= min(costs) and max(costs) <= figure.layout.xaxis.tickvals[-1]


def test_few_runs_are_all_named():
    few = run_scatter([RunPoint(f"run {number}", "MNIST", 10, 0.5) for number in range(8)], "seconds")
    assert few.data[0].mode == "markers+text" and len(few.data) == 1


def test_long_names_have_several_lines_and_are_not_cut():
    name = "Convolutional network on MNIST <sample> with one-cycle, seed 1"
    (text,) = run_scatter([RunPoint(name, "MNIST", 10, 0.5)], "seconds").data[0].text
    lines = text.split("<br>")
    assert " ".join(lines) == theme.literal(name) and max(map(len, lines)) <= 30 and len(lines) == 3


def test_among_many_runs_those_that_nothing_beats_for_less_stand_out():
    """All others are faded, and of each dataset only the best is named."""
    scores = [0.5, 0.6, 0.55, 0.9, 0.8, 0.7, 0.85, 0.4, 0.95, 0.95]
    points = [RunPoint(f"run {at}", "MNIST", 10.0 + at, score, run=f"id-{at}") for at, score in enumerate(scores)]
    points.append(RunPoint("other", "CIFAR-10", 900.0, 0.3))
    rest, front, other = run_scatter(points, "parameters").data
    assert [about[1] for about in front.customdata] == ["id-0", "id-1", "id-3", "id-8"]
    assert list(front.text) == ["", "", "", "run 8"] and front.mode == "lines+markers+text"
    assert len(rest.x) == 6 and rest.marker.color.startswith("rgba") and rest.marker.size < front.marker.size
    assert not rest.showlegend and rest.legendgroup == front.legendgroup
    assert other.mode == "markers+text" and list(other.text) == ["other"]


def test_names_that_would_cover_each_other_are_left_out():
    points = [RunPoint(f"run {at}", f"set {at % 2}", 100.0, 0.9 + at / 1000) for at in range(1, 11)]
    points.append(RunPoint("bad", "set 0", 100.0, 0.2))
    named = [text for trace in run_scatter(points, "s").data for text in trace.text or () if text]
    assert named == ["run 10"], "9 of the other set is at the same place"


def test_names_point_to_the_middle_where_nothing_cuts_them_off():
    figure = run_scatter([RunPoint(f"run {cost}", "MNIST", cost, 0.9) for cost in (100, 900, 10_000)], "parameters")
    assert list(figure.data[0].textposition) == ["middle right", "middle right", "middle left"]


def test_costs_that_hardly_differ_are_not_shown_on_an_axis_of_decades():
    same = run_scatter([RunPoint("run", "MNIST", 50_000, 0.9, (0.85, 0.93))], "parameters")
    low, high = same.layout.xaxis.range
    assert high - low <= 1 and low < math.log10(50_000) < high
    assert same.data[0].textposition == ("middle right",), "the error bar is above and below"
    assert run_scatter([RunPoint("run", "MNIST", cost, 0.9) for cost in (10, 1_000)], "s").layout.xaxis.range is None


def test_names_of_neighbours_do_not_cover_each_other():
    places = ((100, 0.5), (100, 0.51), (100, 0.9), (10_000, 0.7))
    figure = run_scatter([RunPoint(f"run {at}", "MNIST", *place) for at, place in enumerate(places)], "parameters")
    assert list(figure.data[0].textposition) == ["bottom right", "top right", "middle right", "middle left"]
