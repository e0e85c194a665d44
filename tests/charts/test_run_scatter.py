"""The scatter plot of runs: its axis is readable for any costs."""

import math
from dataclasses import replace

import pytest

from imgcls.charts import theme
from imgcls.charts.compared import point_labels
from imgcls.charts.compared import run_scatter as run_scatters
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
    few = run_scatter([RunPoint(f"run {at}", "MNIST", 10.0**at, 0.5) for at in range(8)], "seconds")
    assert few.data[0].mode == "markers+text" and len(few.data) == 1 and all(few.data[0].text)


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


def boxes(figure, width):
    """The place of each name on the screen in pixels, by the sizes that the module assumes."""
    (left, right), (low, high) = figure.layout.xaxis.range, figure.layout.yaxis.range
    margins, height = run_scatters.MARGINS, run_scatters.HEIGHT
    across, up = width - margins[0] - margins[1], height - margins[2] - run_scatters.LEGEND - margins[3]
    found = []
    for trace in figure.data:
        for x, y, text, place in zip(trace.x, trace.y, trace.text or (), trace.textposition or (), strict=False):
            if text:
                at = across * (math.log10(x) - left) / (right - left), up * (high - y) / (high - low)
                found.append(point_labels._box(*at, text.split("<br>"), place))
    return found


@pytest.mark.parametrize("width", [350, 1000])
def test_no_name_covers_another_one_and_what_does_not_fit_is_left_to_the_hover(width):
    """Eight runs, of which some have nearly the same cost and score, as those of several seeds."""
    places = ((22, 0.94), (35, 0.995), (90, 0.97), (96, 0.971), (100, 0.972), (300, 0.99), (320, 0.991), (330, 0.992))
    points = [RunPoint(f"Pen digits, run number {at}", "MNIST", *place) for at, place in enumerate(places)]
    figure = run_scatter(points, "s", width=width)
    found = boxes(figure, width)
    assert 2 <= len(found) < 8
    assert not any(one.overlaps(other) for at, one in enumerate(found) for other in found[:at])
    assert all(box.left >= 0 and box.top >= 0 for box in found)
    assert figure.data[0].text[1], "the best has precedence"
    assert [about[0] for about in figure.data[0].customdata] == [one.name for one in points], "all on hover"


def test_a_wide_figure_has_room_for_more_names():
    points = [RunPoint(f"a run with a name {at}", "MNIST", 10 * 2.0**at, 0.9) for at in range(8)]
    narrow, wide = (sum(map(bool, run_scatter(points, "s", width=width).data[0].text)) for width in (350, 1000))
    assert narrow < wide


def test_names_in_a_cloud_do_not_cover_each_other_either():
    points = [RunPoint(f"run {at}", f"set {at % 2}", 100.0, 0.9 + at / 1000) for at in range(1, 11)]
    points.append(RunPoint("bad", "set 0", 100.0, 0.2))
    figure = run_scatter(points, "s")
    found = boxes(figure, 1000)
    assert "run 10" in [text for trace in figure.data for text in trace.text or ()]
    assert not any(one.overlaps(other) for at, one in enumerate(found) for other in found[:at])


def test_costs_that_hardly_differ_are_not_shown_on_an_axis_of_decades():
    same = run_scatter([RunPoint("run", "MNIST", 50_000, 0.9, (0.85, 0.93))], "parameters")
    low, high = same.layout.xaxis.range
    assert high - low <= 1 and low < math.log10(50_000) < high
    assert same.data[0].textposition == ("middle right",), "the error bar is above and below"
    low, high = run_scatter([RunPoint("run", "MNIST", cost, 0.9) for cost in (10, 1_000)], "s").layout.xaxis.range
    assert 0.5 < low < 1 and 3 < high < 3.5


@pytest.mark.parametrize("count", [3, 12])
def test_selected_runs_have_a_ring_and_always_their_names(count):
    """The second point is beaten for less, so among many it would be faded and without a name."""
    points = [RunPoint(f"run {at}", "MNIST", 100.0 + at, 0.9, run=f"id-{at}") for at in range(count)]
    points[1] = RunPoint("mine", "MNIST", 101.0, 0.9, run="id-1", is_marked=True)
    figure = run_scatter(points, "s")
    texts = [text for trace in figure.data for text in trace.text or ()]
    assert texts.count("mine") == 1
    (ring,) = (trace for trace in figure.data if trace.name == run_scatters.MARKED)
    assert (list(ring.x), list(ring.y)) == ([101.0], [90.0]) and ring.customdata[0][1] == "id-1", "a click opens it"
    assert not any(trace.name == run_scatters.MARKED for trace in run_scatter(points[:1], "s").data)


def test_repeated_seeds_have_one_name_and_no_name_stands_beside_the_dot_of_another_run():
    """Their dots lie above each other, as they cost the same."""
    scores = (0.776, 0.797, 0.781)
    base = [RunPoint(f"base, seed {at}", "MNIST", 1e5, score, setting="base") for at, score in enumerate(scores)]
    other = RunPoint("wide, seed 0", "MNIST", 1e6, 0.8, setting="wide")
    (trace,) = run_scatter([*base, other], "parameters").data
    assert list(trace.text) == ["", "base, 3 seeds", "", "wide, seed 0"], "at the best"
    (chosen, _) = run_scatter([replace(base[0], is_marked=True), *base[1:]], "parameters").data
    assert list(chosen.text) == ["base, seed 0", "base, 2 seeds", ""]
    near = [RunPoint("one", "MNIST", 1e5, 0.5), RunPoint("two", "MNIST", 1e5, 0.504), RunPoint("low", "MNIST", 1e5, 0)]
    places = dict(zip(("one", "two"), run_scatter(near, "parameters").data[0].textposition, strict=False))
    assert places["one"].startswith("bottom") and places["two"].startswith("top"), "each on its own side"
