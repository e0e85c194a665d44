"""The scatter plot of runs: its axis is readable for any costs."""

import pytest

from imgcls.charts.run_scatter import RunPoint, run_scatter


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


def test_few_runs_are_named_and_many_are_not():
    few = run_scatter([RunPoint(f"run {number}", "MNIST", 10, 0.5) for number in range(8)], "seconds")
    many = run_scatter([RunPoint(f"run {number}", "MNIST", 10, 0.5) for number in range(9)], "seconds")
    assert few.data[0].mode == "markers+text" and many.data[0].mode == "markers"
