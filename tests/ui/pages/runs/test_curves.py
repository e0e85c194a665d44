"""The curves of the selected runs: what is drawn, how, and what the lines are called."""

import json

import pytest

import imgcls
from imgcls.charts import epoch_history
from imgcls.charts.compared.curves import compare_curves
from imgcls.evaluation.metrics.mean_curve import mean_curve
from imgcls.runs.index import setting_names
from imgcls.system import atomic
from tests.support.pages import broken_copy, is_intact, opened, text_of


@pytest.fixture
def repeated(finished_run):
    """`repeated(*names)`: runs that differ only in the seed."""

    def make(*names: str):
        found = []
        for seed, name in enumerate(names):
            run = broken_copy(finished_run, f"run-{seed}")
            atomic.write_json(run.folder / "config.json", finished_run.config.changed(seed=seed).as_dict())
            run.rename(name)
            found.append(run)
        return found

    return make


def charts(app) -> dict[str, dict]:
    """The name of each chart of the curves, and its figure."""
    found = {}
    for one in app.get("plotly_chart"):
        if "compare-" in one.proto.id:
            found[one.proto.id.rpartition("compare-")[2]] = json.loads(one.proto.spec)
    return found


def title(figure: dict) -> str:
    return figure["layout"]["yaxis"]["title"]["text"]


def test_the_section_has_a_heading_and_its_charts_say_of_which_images(finished_run):
    app = opened("runs", selected=finished_run.id)
    assert is_intact(app) and "Curves" in [one.value for one in app.header]
    found = charts(app)
    assert {name: title(one).partition(" (")[0] for name, one in found.items()} == {
        "loss": "validation loss",
        "accuracy": "validation accuracy",
    }


def test_metric_axis_and_smoothing_come_from_the_address(finished_run):
    query = {"curves-metric": "Training loss and accuracy", "curves-axis": "0–100%", "curves-smoothing": "0.5"}
    app = opened("runs", selected=finished_run.id, **query)
    found = charts(app)
    assert is_intact(app) and title(found["accuracy"]).startswith("training accuracy")
    assert found["accuracy"]["layout"]["yaxis"]["range"] == [0, 101]
    (rate,) = charts(opened("runs", selected=finished_run.id, **{"curves-metric": "Learning rate"})).values()
    assert title(rate) == "learning rate"


def test_metrics_of_own_code_are_offered_and_have_a_mean_over_seeds(repeated):
    found = repeated("cnn base, seed 1", "cnn base, seed 2")
    for run, score in zip(found, (0.5, 0.7), strict=True):
        for epoch in (1, 2):
            imgcls.log_metrics(run.id, {"night/f1": score * epoch}, epoch=epoch)
    app = opened("runs", selected=[run.id for run in found], **{"curves-metric": "night/f1"})
    (figure,) = charts(app).values()
    (line,) = (one for one in figure["data"] if one.get("showlegend") is not False)
    assert is_intact(app) and line["name"] == "cnn base (2 runs, min–max)" and title(figure) == "night/f1"
    (table,) = (one.value for one in app.dataframe if "Seeds" in one.value and "Night/f1" in one.value)
    assert table["Night/f1"][0] == "1.200 (1.000–1.400)"
    assert "Lines with a band" in text_of(app)


def test_a_metric_of_one_run_is_drawn_and_says_of_how_many(repeated):
    first, second = repeated("cnn base, seed 1", "cnn base, seed 2")
    for epoch in (1, 2):
        imgcls.log_metrics(first.id, {"night/f1": 0.4 * epoch}, epoch=epoch)
    app = opened("runs", selected=[first.id, second.id], **{"curves-metric": "night/f1"})
    (figure,) = charts(app).values()
    (line,) = figure["data"]
    assert is_intact(app) and line["name"] == "cnn base (1 of 2 runs)" and len(line["x"]) == 2
    (table,) = (one.value for one in app.dataframe if "Seeds" in one.value and "Night/f1" in one.value)
    assert table["Night/f1"][0] == "0.800 (1 of 2 runs)"


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (("cnn base, seed 1", "cnn base, seed 2"), "cnn base"),
        (("base-10", "base-12"), "base"),
        (("wide", "wide"), "wide"),
        (("one", "other"), ""),
        (("seed 1", "seed 2"), ""),
        (("Convolutional network on Small digits", "Convolutional network on Small digits 2"), ""),
    ],
)
def test_a_group_is_called_what_the_names_of_its_runs_have_in_common(repeated, names, common):
    assert setting_names.common_name(repeated(*names)) == common


def test_smoothing_applies_to_the_mean_and_its_band():
    points = [([1, 2, 3, 4], [0.0, 1.0, 0.0, 1.0])] * 3
    rough, smooth = (
        compare_curves([("a", mean_curve(points))], "loss", smoothing=one).data[-1].y for one in (0.0, 0.9)
    )
    assert max(smooth) - min(smooth) < max(rough) - min(rough) == 1.0


def test_a_few_late_epochs_of_an_own_metric_are_named_once_each():
    axis = epoch_history.own_metric("f1", [(28, 0.5), (29, 0.6), (30, 0.7)]).layout.xaxis
    assert axis.dtick == 1 and axis.tick0 == 0


def test_learning_rates_keep_their_digits():
    rates = mean_curve([([1], [0.00025])] * 3)
    assert rates.text(0, is_percentage=False) == "0.00025 ± 0"


def test_the_axis_of_an_accuracy_fits_the_curves_or_is_whole():
    lines = [("a", mean_curve([([1, 2], [0.9, 0.95])]))]
    fitted, whole = (compare_curves(lines, "accuracy", is_whole=one).layout.yaxis for one in (False, True))
    assert fitted.range is None and fitted.autorangeoptions.clipmin == 0, "Plotly may choose a higher lower end"
    assert fitted.autorangeoptions.minallowed is None, "with it, each axis would begin at 0"
    assert list(whole.range) == [0, 101]


def test_runs_of_one_name_say_by_what_they_differ(repeated):
    found = repeated("wide", "narrow", "wide")
    assert setting_names.distinct_labels(found) == ["wide, seed 0", "narrow", "wide, seed 2"]
    app = opened("runs", selected=[found[0].id, found[2].id], **{"runs-curves": "Every run"})
    names = {line["name"] for figure in charts(app).values() for line in figure["data"]}
    assert is_intact(app) and names == {"wide, seed 0", "wide, seed 2"}
    (scores,) = (one.value for one in app.dataframe if "Test: difference" in one.value)
    assert sorted(scores["Run"]) == ["wide, seed 0", "wide, seed 2"]
