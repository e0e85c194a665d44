import json
import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgcls import charts
from imgcls.charts import epoch_history, network_diagram, prediction_map, scores, theme
from imgcls.charts.compared.curves import compare_curves
from imgcls.charts.learning_curves import fitted_percentages, smoothed
from imgcls.evaluation.metrics import calibration, roc_pr
from imgcls.evaluation.metrics.mean_curve import mean_curve

HOSTILE = '<b>bold</b> <a href="javascript:x">&amp;</a> $\\sqrt{2}$ %{x} \ud800'
EMPTY = ([], [])


def curve(quantity="loss", batches=EMPTY, epochs=EMPTY, validation=EMPTY, **more):
    return charts.learning_curve(quantity, batches=batches, epochs=epochs, validation=validation, **more)


def layer(name, kind, shape, parameters=0, detail=""):
    return SimpleNamespace(name=name, kind=kind, shape=shape, parameters=parameters, detail=detail)


SMALL_NETWORK = [
    layer("input", "Input", (28, 28, 1)),
    layer("conv", "Conv2D", (28, 28, 32), 320, "32 filters 3x3"),
    layer("pool", "MaxPooling2D", (14, 14, 32)),
    layer("flatten", "Flatten", (6272,)),
    layer("scores", "Dense", (10,), 62730),
]
ONE_RUN = mean_curve([([1, 2], [0.5, 0.4])])
FIGURES = {
    "learning curve, empty": lambda: curve(),
    "learning curve, one point": lambda: curve("accuracy", epochs=([1], [0.5]), validation=([1], [None]), best_epoch=1),
    "comparison, empty": lambda: compare_curves([], "loss"),
    "comparison, hostile": lambda: compare_curves([(HOSTILE, mean_curve([([1], [float("nan")])]))], "accuracy"),
    "comparison, means": lambda: compare_curves([(HOSTILE, mean_curve([([1, 2], [0.5, float("inf")])] * 3))], "loss"),
    "network, empty": lambda: charts.network([]),
    "network, one strange layer": lambda: charts.network([layer(HOSTILE, HOSTILE, (None, 7), 0, HOSTILE)]),
    "network, no shape": lambda: charts.network([layer("a", "Dense", ())]),
    "network, 40 layers": lambda: charts.network(SMALL_NETWORK * 8),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_fixed_height_no_background_and_json_without_nan(name):
    figure = FIGURES[name]()
    assert figure.layout.height >= 100
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"

    def refuse(constant):
        raise AssertionError(f"{constant} in the JSON")

    text = figure.to_json()
    assert json.loads(text, parse_constant=refuse)["data"] is not None
    for markup in ("<b>bold", "<a href", "$\\\\sqrt", "\\ud800"):
        assert markup not in text


@pytest.mark.parametrize("name", [name for name in FIGURES if not name.startswith("network")])
def test_every_figure_names_its_axes(name):
    layout = FIGURES[name]().layout
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text or name.startswith("bars")


def test_importing_charts_does_not_import_plotly():
    code = "import sys, imgcls.charts; print('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_hostile_text_is_literal():
    assert charts.literal("<b>&amp; $x$") == "&lt;b&gt;&amp;amp; &#36;x&#36;"
    assert charts.literal("a" * 30, 5) == "aaaa…"
    assert charts.literal("&" * 5, 5) == "&amp;" * 5
    assert charts.literal("\ud800") == "?"


def test_training_is_blue_validation_is_dashed_orange_and_the_best_epoch_is_a_labelled_green_star():
    figure = curve(
        batches=([0.5, 1, 1.5], [2, 1.5, 1.2]), epochs=([1, 2], [1.7, 1.1]), validation=([1, 2], [1.6, 1]), best_epoch=2
    )
    batches, training, validation, best = figure.data
    assert batches.line.color == "rgba(0,114,178,0.75)"  # on a dark page, half of it is hardly seen
    assert training.line.color == "#0072B2"
    assert (validation.line.color, validation.line.dash) == ("#E69F00", "6px,3px")
    assert (best.marker.color, best.marker.symbol) == ("#009E73", "star")
    assert [name.text for name in figure.layout.annotations] == ["best: epoch 2"]
    assert (list(best.x), list(best.y)) == ([2], [1])


@pytest.mark.parametrize(("quantity", "place"), [("loss", "top"), ("accuracy", "bottom")])
def test_the_name_of_the_best_epoch_is_where_no_curve_runs(quantity, place):
    figure = curve(quantity, validation=([1, 2], [0.5, 0.75]), best_epoch=2, changes=[(1.5, "learning rate 0.1")])
    change, best = figure.layout.annotations
    assert (best.yref, best.y, best.yanchor) == ("paper", float(place == "top"), place)
    assert best.xanchor == "right"  # it is the last epoch
    assert change.text == "learning rate 0.1" and len(figure.layout.shapes) == 2


def test_the_axis_covers_the_whole_run_from_its_start():
    assert curve(total_epochs=10).layout.xaxis.range == (0, 10)
    assert curve(total_epochs=10, epochs=([1], [0.5])).layout.xaxis.range == (0, 10)


def test_accuracy_is_shown_in_percent():
    figure = curve("accuracy", validation=([1, 2], [0.5, 0.75]), best_epoch=2)
    assert figure.data[2].y.tolist() == [50, 75]
    assert figure.data[3].y.tolist() == [75]
    assert figure.layout.yaxis.title.text == "accuracy (%)"
    assert curve("loss").layout.yaxis.title.text == "loss (cross-entropy, lower is better)"


def test_an_invalid_value_leaves_a_gap_and_an_invalid_best_value_draws_no_star():
    figure = curve(validation=([1, 2, 3], [1.0, None, float("inf")]), best_epoch=2)
    assert len(figure.data) == 3
    assert np.isnan(figure.data[2].y).tolist() == [False, True, True]
    assert figure.data[2].y.dtype == np.float32
    assert len(curve(validation=([1], [1.0]), best_epoch=7).data) == 3


@given(
    st.lists(st.one_of(st.floats(width=32), st.none()), min_size=1, max_size=400),
    st.integers(8, 60),
)
def test_thinning_keeps_extremes_and_endpoints_within_the_point_limit(values, most):
    x, y = charts.thin(np.arange(len(values)), values, most)
    numbers = np.array(values, np.float32)
    finite = numbers[np.isfinite(numbers)]
    assert len(x) == len(y) <= most
    assert x[0] == 0
    assert x[-1] == len(values) - 1
    assert (np.diff(x) > 0).all()
    if finite.size:
        assert np.nanmin(y) == finite.min()
        assert np.nanmax(y) == finite.max()
    assert np.isnan(y).any() == (finite.size < len(values))


@pytest.mark.parametrize("number", [1, 2, 128, 129, 1000])
@pytest.mark.parametrize("fraction", [0.0, 0.02, 0.9, 0.98])
def test_smoothing_is_an_exponential_moving_average_that_skips_gaps(number, fraction):
    values = np.random.default_rng(number).random(number).astype(np.float32)
    values[3::7] = np.nan
    expected, mean, weight = [], 0.0, 0.0
    for value in values.tolist():
        if value == value:
            mean, weight = fraction * mean + (1 - fraction) * value, fraction * weight + 1 - fraction
        expected.append(mean / weight if value == value else value)
    assert smoothed(values, fraction) == pytest.approx(np.array(expected), rel=1e-5, nan_ok=True)


def test_a_long_curve_is_drawn_with_at_most_500_points():
    figure = curve(batches=(np.arange(5000) / 100, np.random.default_rng(0).random(5000)))
    assert len(figure.data[0].x) <= 500


def test_compared_runs_differ_in_colour_and_dash_pattern():
    figure = compare_curves([(str(i), ONE_RUN) for i in range(4)], "loss")
    assert len({trace.line.color for trace in figure.data}) == 4
    assert len({trace.line.dash for trace in figure.data}) == 4


def test_the_buttons_of_a_figure_have_no_box_of_their_own():
    assert compare_curves([("a", ONE_RUN)], "loss").layout.modebar.bgcolor == theme.CLEAR


def test_repeated_runs_are_a_line_with_a_band_that_the_legend_names():
    curves = [([1, 2], [0.5, 0.7]), ([1, 2], [0.5, 0.8]), ([1, 2], [0.5, 0.9])]
    lines = [("A", mean_curve(curves)), ("B", mean_curve(curves[:2])), ("C", mean_curve(curves[:1]))]
    wide, narrow, *means = compare_curves(lines, "accuracy").data
    assert [trace.name for trace in means] == ["A (3 runs, mean ± SD)", "B (2 runs, min–max)", "C"]
    assert means[0].y == pytest.approx([50, 80]) and means[0].hovertext[1] == "80.0% ± 10.0"
    assert means[1].hovertext[1] == "75.0% (70.0–80.0)"
    assert len({trace.line.dash for trace in means}) == 3
    assert (wide.fill, narrow.fill) == ("toself", "toself") and wide.legendgroup == means[0].legendgroup
    assert wide.y == pytest.approx([50, 70, 90, 50]) and narrow.y == pytest.approx([50, 70, 80, 50])


@pytest.mark.parametrize(("last", "step"), [(1, 1), (3, 1), (12, 1), (40, None)])
def test_epochs_are_whole_numbers_on_all_axes(last, step):
    epochs = np.arange(1, last + 1)
    figures = [
        curve(validation=(epochs, epochs / 100)),
        curve(validation=(epochs[:1], epochs[:1] / 100), total_epochs=last),
        compare_curves([("a", mean_curve([(epochs, epochs / 100)]))], "accuracy"),
        charts.small_curve_dict(epochs, epochs, name="rate", unit="", total_epochs=last)["layout"],
        epoch_history.one_image(epochs, np.full((last, 2), 0.5), 0, ["a", "b"], 0),
        epoch_history.own_metric("mine", [(int(epoch), 0.5) for epoch in epochs]),
        epoch_history.trials([epoch_history.TrialCurve("a", 1, [0.5] * last)], "accuracy", is_higher_better=True),
    ]
    steps = [one["xaxis"].get("dtick") if isinstance(one, dict) else one.layout.xaxis.dtick for one in figures]
    assert steps == [step] * len(figures)


@pytest.mark.parametrize("count", [1, 8])
def test_the_legend_of_compared_runs_begins_right_below_the_axis(count):
    layout = compare_curves([(f"a run with a long name, seed {seed}", ONE_RUN) for seed in range(count)], "loss").layout
    below_axis = layout.margin.b - layout.height * layout.legend.y
    assert layout.legend.yanchor == "top" and below_axis == pytest.approx(46), "however much room is left for it"


def test_long_names_in_a_legend_stay_different():
    setting = "Convolutional network on MNIST sample with one-cycle"
    names = [f"{setting}, seed {seed}" for seed in range(1, 9)]
    figure = compare_curves([(name, ONE_RUN) for name in names], "loss")
    assert [trace.name for trace in figure.data] == [
        f"…on MNIST sample with one-cycle, seed {seed}" for seed in range(1, 9)
    ]
    assert theme.distinct(["short", "also short"], 10) == ["short", "also short"]
    assert theme.distinct([f"{'x' * 50}{end}" for end in "ab"], 10) == ["…xxxxxxxxa", "…xxxxxxxxb"]
    assert theme.distinct(["a" * 50, "b" * 50], 10) == [f"{'a' * 9}…", f"{'b' * 9}…"]


def test_a_class_keeps_its_colour_and_a_hundred_classes_get_a_hundred_colours():
    colours = [charts.class_colour(index) for index in range(100)]
    assert len(set(colours)) == 100
    assert not set(colours) & {theme.TRAINING, theme.VALIDATION, theme.BEST}


def test_hovering_over_a_layer_shows_its_shape_and_parameter_count():
    cells = charts.network(SMALL_NETWORK).data[-1]
    assert cells.hovertext[1] == (
        "<b>conv</b><br>looks for 32 small patterns everywhere<br>Conv2D · 32 filters 3x3<br>output 28×28×32<br>"
        "320 parameters"
    )
    assert len(cells.x) == 5


def test_every_layer_of_a_small_network_is_labelled_and_every_layer_type_is_in_the_key():
    figure = charts.network(SMALL_NETWORK)
    assert figure.layout.xaxis.ticktext[1].endswith("convolution<br>28×28×32")
    assert len(figure.layout.xaxis.ticktext) == 5
    assert list(network_diagram.key(SMALL_NETWORK)) == [
        "input",
        "convolution",
        "pooling",
        "activation, dropout …",
        "dense",
    ]


def test_layers_run_left_to_right_in_order_and_the_height_is_fixed():
    for rows in (SMALL_NETWORK, SMALL_NETWORK * 8):
        figure = charts.network(rows)
        assert (np.diff(figure.data[-1].x) > 0).all()
        assert figure.layout.height - figure.layout.margin.b == 208, "only the labels need more room"


def test_images_stand_above_their_layers_and_sizes_below_where_there_is_room():
    figure = charts.network(SMALL_NETWORK * 3, {0: "data:image/png;base64,AA==", 2: "data:image/png;base64,BB=="})
    assert [image.x for image in figure.layout.images] == [figure.data[-1].x[0], figure.data[-1].x[2]]
    assert figure.layout.images[0].y + figure.layout.images[0].sizey <= figure.layout.yaxis.range[1]
    assert "<br><br>convolution<br>28×28×32" in figure.layout.xaxis.ticktext, "in the second row"


@pytest.mark.parametrize("times", [1, 2, 3, 8])
def test_labels_below_layers_are_horizontal_and_do_not_overlap_on_a_phone(times):
    figure = charts.network(SMALL_NETWORK * times)
    axis = figure.layout.xaxis
    assert axis.tickangle == 0
    pixel = (axis.range[1] - axis.range[0]) / 334  # 390 less the margins of the page and of the figure
    rows = {}
    for x, text in zip(axis.tickvals, axis.ticktext, strict=True):
        level = (len(text) - len(text.lstrip("<br>"))) // len("<br><br>")
        half = max(map(len, text.split("<br>"))) * 5.3 / 2 * pixel
        rows.setdefault(level, []).append((x - half, x + half))
    assert set(rows) <= {0, 1, 2}
    for spans in rows.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_padding_layer_is_not_drawn_as_a_sum_of_branches():
    assert list(network_diagram.key([layer("pad", "ZeroPadding2D", (8, 8, 3))])) == ["activation, dropout …"]


def test_the_map_draws_wrong_predictions_as_crosses_and_names_literally():
    places = np.random.default_rng(0).random((500, 2)) * 1000
    labels = np.arange(500) % 2
    predicted = np.where(np.arange(500) < 10, 1 - labels, labels)
    figure = prediction_map.prediction_map(
        places,
        labels,
        labels == predicted,
        np.arange(500) + 1000,
        ["<b>x</b>", "$y$"],
        [str(number) for number in range(500)],
        area=((0, 0), (9, 0), (9, 9)),
        most=60,
    )
    drawn = [trace for trace in figure.data if trace.customdata is not None]
    crosses = [number for trace in drawn if trace.marker.symbol == "x" for (number,) in trace.customdata]
    assert sorted(crosses) == list(range(1000, 1010))
    assert 40 <= sum(len(trace.customdata) for trace in drawn) <= 60
    assert "<b>" not in str(figure.to_dict())
    assert figure.data[-1].x == (0, 9, 9, 0)
    legend = [(trace.name, trace.marker.symbol) for trace in figure.data if trace.showlegend is not False]
    assert [symbol for _, symbol in legend] == ["circle", "circle", "x"] and legend[-1][0] == "wrong"


def test_the_legend_of_a_map_of_correct_and_wrong_images_has_their_signs():
    """Of multi-label runs; and a class without a correct image has its dot in the legend."""
    places, right = np.random.default_rng(0).random((4, 2)) * 1000, np.array([True, True, False, False])
    figure = prediction_map.prediction_map(
        places, (~right).astype(int), right, np.arange(4), ["right", "errors"], list("abcd"), are_classes=False
    )
    assert [(trace.name, trace.marker.symbol) for trace in figure.data] == [("right", "circle"), ("errors", "x")]
    figure = prediction_map.prediction_map(
        places, np.zeros(4, int), ~np.ones(4, bool), np.arange(4), ["a"], list("abcd")
    )
    legend = [(trace.name, trace.marker.symbol) for trace in figure.data if trace.showlegend is not False]
    assert legend == [("a", "circle"), ("wrong", "x")]


def test_ten_classes_have_colours_that_can_be_told_apart_and_seen_on_both_pages():
    values = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in theme.CLASSES])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    dark = 0.0083  # of the page in dark mode, rgb(18, 23, 29)
    assert (1.05 / (luminance + 0.05)).min() >= 3 and ((luminance + 0.05) / (dark + 0.05)).min() >= 3
    # OKLab, see Ottosson, B. (2020), "A perceptual color space for image processing".
    cones = linear @ np.array([[0.4122, 0.2119, 0.0883], [0.5363, 0.6807, 0.2817], [0.0514, 0.1074, 0.6300]])
    lab = np.cbrt(cones) @ np.array([[0.2105, 1.9780, 0.0259], [0.7936, -2.4286, 0.7828], [-0.0041, 0.4506, -0.8087]])
    distances = np.linalg.norm(lab[:, None] - lab, axis=-1)[np.triu_indices(10, 1)]
    assert distances.min() > 0.12


@pytest.mark.parametrize(
    "figure",
    [
        lambda: scores.class_curves(
            {0: roc_pr.roc(np.array([0.9, 0.2, 0.4]), np.array([True, False, True]))},
            {0: "97%"},
            ["<b>$x %{z}"],
            kind="roc",
        ),
        lambda: scores.reliability(*[calibration.reliability(np.array([0.2, 0.9]), np.array([False, True]))] * 2),
        lambda: scores.accuracy_coverage(
            calibration.abstention_curve(np.array([0.2, 0.9]), np.array([False, True])), 0.5, 0.5, 1.0
        ),
        lambda: scores.class_bars(
            np.array([0.5]), np.array([0.4]), np.array([0.7]), ["<b>$x %{z}"], np.array([np.nan])
        ),
        lambda: epoch_history.one_image(
            np.array([1, 2]), np.array([[0.2, 0.8], [0.6, 0.4]]), 0, ["<b>$x %{z}", "y"], 1
        ),
    ],
    ids=["curves", "reliability", "answered", "class bars", "one image"],
)
def test_score_figures_have_a_height_axes_and_literal_names(figure):
    drawn = figure()

    assert drawn.layout.height
    assert drawn.layout.xaxis.title.text
    assert drawn.layout.paper_bgcolor == theme.CLEAR
    assert "<b>" not in str(drawn.to_dict())
    assert "$x" not in str(drawn.to_dict())
    assert "%{z}" not in " ".join(trace.hovertemplate or "" for trace in drawn.data)


def test_an_axis_of_accuracies_fits_the_later_epochs_and_has_ticks_at_its_ends():
    epochs = np.arange(1, 17)
    training, validation = np.linspace(0.915, 0.955, 16), np.full(16, 0.96)
    training[:4], validation[0] = (0.3, 0.7, 0.8, 0.88), np.nan
    axis = fitted_percentages((epochs, training), (epochs, validation))
    low, high = axis["range"]
    assert axis["tick0"] == 92 and axis["dtick"] == 1 and low < 92 and 96 < high < 96.2
    assert fitted_percentages((epochs[:3], training[:3]), (epochs[:3], validation[:3])) is None, "too few epochs"
    flat = fitted_percentages((epochs, np.ones(16)), (epochs, np.ones(16)))
    assert flat["range"][0] < 100 <= flat["range"][1]
