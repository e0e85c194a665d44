"""The views of the Evaluate page: selection by URL, and missing data."""

import html
import io
import json
import re
from urllib.parse import parse_qsl

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from imgcls.datasets.catalog import cifar100
from imgcls.runs.annotations import holdout_usage, tags
from imgcls.runs.predictions import epoch_predictions, validation_predictions
from imgcls.ui.evaluate import links, sections
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.sections import per_class
from imgcls.ui.widgets import formatting
from tests.support.pages import HOSTILE, broken_copy, html_of, is_intact, opened, shipped, text_of

MATRIX = "imgcls.confusion_matrix"
CHOICE = "<summary>Choosing between runs?</summary>"

PLACES = [
    *({"view": view} for view in sections.available(sections.SINGLE)),
    {"panel": "Map"},
    {"view": "Curves & calibration", "part": "Curves"},
    {"view": "Curves & calibration", "part": "Abstention"},
    {"view": "Per class", "merge": "3.5_1.2", "off": "7"},
    {"view": "Epoch history", "epoch": "1", "learned": "late", "followed": "3"},
]


def predictions_of(run) -> tuple[np.ndarray, np.ndarray]:
    with np.load(run.folder / "predictions.npz", allow_pickle=False) as file:
        return file["probabilities"].copy(), file["labels"].copy()


def gallery(app: AppTest) -> str:
    return next((str(block.proto.body) for block in app.get("html") if 'class="tiles"' in str(block.proto.body)), "")


def matrix_of(app: AppTest) -> dict:
    """The data sent to the browser to draw the confusion matrix."""
    return next(
        json.loads(json.loads(it.proto.json)["drawn"])
        for it in app.get("bidi_component")
        if it.proto.component_name == MATRIX
    )


def accuracy(app: AppTest) -> str:
    return next(str(block.proto.body) for block in app.get("html") if 'class="headline"' in str(block.proto.body))


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_view_works_and_shows_names_literally(finished_run, place):
    facts = json.loads((finished_run.folder / "model.json").read_text())
    facts["classes"] = [HOSTILE[number % len(HOSTILE)] + f"\n{number}" for number in range(10)]
    (finished_run.folder / "model.json").write_text(json.dumps(facts))
    app = opened("evaluate", run=finished_run.id, cell="3-5", **{"class": "3.5.8"}, **place)

    assert is_intact(app), [error.value for error in app.exception]
    for kind in (app.markdown, app.caption, app.button):
        for element in kind:
            assert "![](" not in str(element.label if kind is app.button else element.value)
    for block in app.get("html"):
        assert "<img src=x" not in str(block.proto.body)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_view_works_with_an_empty_selection(finished_run, place):
    app = opened("evaluate", run=finished_run.id, confidence="0-1", **place)

    assert is_intact(app), [error.value for error in app.exception]


def test_filters_apply_to_matrix_scores_and_gallery(finished_run):
    probabilities, labels = predictions_of(finished_run)
    predicted, sure = probabilities.argmax(1), probabilities.max(1)
    common = int(np.bincount(predicted, minlength=10).argmax())
    percent = np.float32(100) * sure
    low, high = (int(np.quantile(percent, fraction)) for fraction in (0.2, 0.9))
    left = ((labels == common) | (predicted == common)) & (percent >= low) & (percent < high)
    assert 2 < left.sum() < 300
    app = opened("evaluate", run=finished_run.id, confidence=f"{low}-{high}", **{"class": str(common)})

    assert f"From {left.sum()} of 360 test images" in accuracy(app)
    assert "accuracy of filtered images" in accuracy(app)
    assert formatting.fraction((predicted == labels)[left].mean()) in accuracy(app)
    assert gallery(app).count("<img") == min(left.sum(), 20)
    assert sum(matrix_of(app)["sums"]) == left.sum()


def test_a_cell_selects_images_and_does_not_change_the_scores(finished_run):
    probabilities, labels = predictions_of(finished_run)
    app = opened("evaluate", run=finished_run.id, cell="4-4")

    assert formatting.fraction((probabilities.argmax(1) == labels).mean()) in accuracy(app)
    assert "test accuracy" in accuracy(app)
    assert gallery(app).count("true class 4, predicted 4") == gallery(app).count("<img") > 10


def test_one_filter_of_the_selection_can_be_removed(finished_run):
    app = opened("evaluate", run=finished_run.id, predictions="wrong", cell="4-4")
    assert "No images to show" in text_of(app)
    app.button(key="lift-predictions").click().run()
    assert gallery(app).count("true class 4, predicted 4") > 10
    assert "predictions" not in app.query_params
    app.button(key="lift-cell").click().run()
    assert app.query_params.get("cell") is None
    assert not [button for button in app.button if str(button.key).startswith("lift-")]


@pytest.mark.parametrize("is_late", [False, True], ids=["quick", "later"])
def test_a_click_during_a_rerun_loses_no_earlier_one_and_back_works(finished_run, monkeypatch, is_late):
    """The browser sends the URL with each click: a quick second click sends the URL from before the first."""
    monkeypatch.setattr(selection_state, "IN_FLIGHT_SECONDS", 0.0 if is_late else 60.0)
    app = opened("evaluate", run=finished_run.id, cell="4-4")
    (shown,) = [group for group in app.button_group if group.label == "Predictions"]
    shown.select("Errors").run()
    assert app.query_params["predictions"] in ("wrong", ["wrong"])
    del app.query_params["predictions"]
    app.button(key="lift-cell").click().run()
    assert is_intact(app)
    assert "cell" not in app.query_params
    assert ("predictions" in app.query_params) is not is_late


def test_a_control_that_the_browser_reports_while_it_is_still_empty_changes_nothing(finished_run):
    app = opened("evaluate", run=finished_run.id, predictions="wrong")
    for _ in range(2):
        (shown,) = [group for group in app.button_group if group.label == "Predictions"]
        assert shown.value == "Errors"
        shown.set_value(None).run()
        assert is_intact(app)
        assert app.query_params["predictions"] in ("wrong", ["wrong"])


def test_tagged_images_can_be_shown(finished_run):
    tags.change(finished_run, "dark", [3, 5], given=True)
    app = opened("evaluate", run=finished_run.id, tag="dark")

    assert "From 2 of 360 test images" in accuracy(app)
    assert "Test image 3:" in gallery(app)
    assert "Test image 5:" in gallery(app)


def test_opening_a_run_counts_once_per_session(finished_run):
    app = opened("evaluate", run=finished_run.id)
    app.run()
    app.run()
    assert holdout_usage.read(finished_run).count == 1
    app = opened("evaluate", run=finished_run.id, view="Per class")
    assert holdout_usage.read(finished_run).count == 2
    assert CHOICE not in html_of(app), "nobody has chosen between runs yet"


def test_how_to_choose_is_said_once_several_runs_on_a_dataset_were_viewed(finished_run):
    others = [broken_copy(finished_run, f"2026010{day}-120000-0badcafe") for day in (2, 3)]
    for other in others:
        assert CHOICE not in html_of(opened("evaluate", run=other.id))
    page = html_of(opened("evaluate", run=finished_run.id))
    assert f"{CHOICE}<p>The test scores of 3 runs on this dataset have been viewed." in html.unescape(page)


def test_a_model_that_comes_with_the_project_is_not_counted(finished_run):
    (finished_run.folder / "shipped").touch()
    opened("evaluate", run=finished_run.id)
    app = opened("evaluate", run=finished_run.id)
    assert holdout_usage.read(finished_run).count == 0
    assert CHOICE not in html_of(app)


def test_sections_are_listed_in_groups(finished_run):
    app = opened("evaluate", run=finished_run.id)
    titles = app.segmented_control(key="view").options
    assert [titles[0], titles[-1]] == ["Errors", "Export"]
    style = next(str(block.proto.body) for block in app.get("html") if ".st-key-view" in str(block.proto.body))
    found = [(int(at), name) for at, name in re.findall(r'type\((\d+)\)::before{content:"([^"]+)"', style)]
    assert [name for _, name in found] == list(links.GROUPS)
    modules = sections.available(sections.SINGLE)
    assert all(name == modules[titles[at - 1]].GROUP for at, name in found)


def test_merged_classes_show_their_scores_before_and_now(finished_run):
    probabilities, labels = predictions_of(finished_run)
    before = (probabilities.argmax(1) == labels).mean()
    merged = np.delete(probabilities, 5, 1)
    merged[:, 3] = probabilities[:, 3] + probabilities[:, 5]
    now = np.where(labels == 5, 3, np.where(labels > 5, labels - 1, labels)) == merged.argmax(1)
    app = opened("evaluate", run=finished_run.id, view="Per class", merge="3.5")

    assert f"Accuracy **{formatting.fraction(before)}** before" in text_of(app)
    assert f"**{formatting.fraction(now.mean())}** now" in text_of(app)
    assert formatting.fraction(now.mean()) in accuracy(app)


def test_the_classes_table_names_the_extremes_and_shows_more_intervals_on_demand(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Per class")
    table = app.dataframe[0]
    scores = dict(zip(table.value["Class"], table.value["F1 (%)"], strict=True))
    for title, end in (("Hardest", min(scores.values())), ("Easiest", max(scores.values()))):
        tied = ", ".join(f"**{name}**" for name, score in scores.items() if f"{score:.1f}" == f"{end:.1f}")
        assert f"{title}: {tied}, F1 {end:.1f}%." in text_of(app)
    assert "how often it is right" in text_of(app)
    few = list(table.proto.column_order)
    assert "F1 interval" in few and "Recall interval" not in few
    app.toggle(key="class-intervals").set_value(True).run()
    assert list(app.dataframe[0].proto.column_order) == list(table.value.columns)


def test_two_classes_that_are_confused_can_be_merged_from_the_matrix(finished_run):
    app = opened("evaluate", run=finished_run.id, cell="3-5")
    app.button(key="merge-cell").click().run()

    assert is_intact(app)
    assert app.query_params["merge"] in ("3.5", ["3.5"])
    assert "cell" not in app.query_params
    assert "merged: 3 + 5" in [button.label.replace("\\", "") for button in app.button]


def test_abstained_predictions_are_counted(finished_run):
    probabilities, labels = predictions_of(finished_run)
    below = int(np.quantile(100 * probabilities.max(1), 0.5))
    given = probabilities.max(1) >= below / 100
    assert 10 < given.sum() < 350
    app = opened("evaluate", run=finished_run.id, view="Curves & calibration", part="Abstention", abstain=str(below))

    numbers = "".join(str(block.proto.body) for block in app.get("html"))
    assert f"{given.sum()} of 360 images" in numbers
    assert formatting.fraction((probabilities.argmax(1) == labels)[given].mean()) in numbers
    assert gallery(app).count("<img") == min(20, (~given).sum())


def test_curves_and_calibration_opens_on_calibration_and_spells_out_its_error(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Curves & calibration")
    assert app.session_state["part"] == "Calibration"
    assert "Expected calibration error (ECE) before scaling" in html_of(app)


def test_missing_validation_predictions_are_computed_with_one_click(finished_run):
    (finished_run.folder / validation_predictions.NAME).unlink()
    app = opened("evaluate", run=finished_run.id, view="Curves & calibration", part="Calibration")
    assert "has no predictions for its validation images" in text_of(app)
    next(button for button in app.button if button.label == "Predict validation images").click().run()

    assert is_intact(app)
    assert "Temperature **" in text_of(app)
    assert (finished_run.folder / validation_predictions.NAME).exists()


def test_the_epoch_history_shows_a_past_epoch(finished_run):
    kept = epoch_predictions.read(finished_run)
    app = opened("evaluate", run=finished_run.id, view="Epoch history", epoch="1")

    wrong = int((~kept.is_right[0]).sum())
    assert f"{formatting.count(wrong, 'image')} classified incorrectly after this epoch" in text_of(app)
    assert 'alt="Validation image' in gallery(app).replace("&quot;", '"')
    assert formatting.fraction(kept.is_right[0].mean()) in "".join(str(block.proto.body) for block in app.get("html"))
    assert sum(matrix_of(app)["sums"]) == len(kept.labels)


def test_the_epoch_history_offers_a_replay_of_a_run_whose_metrics_are_sound(finished_run):
    def downloads(app: AppTest) -> list[str]:
        return [button.proto.label for button in app.get("download_button")]

    assert "Replay (HTML)" in downloads(opened("evaluate", run=finished_run.id, view="Epoch history"))
    with (finished_run.folder / "metrics.jsonl").open("ab") as file:
        file.write(b"\x00\x00\n")
    app = opened("evaluate", run=finished_run.id, view="Epoch history")
    assert is_intact(app) and "Replay (HTML)" not in downloads(app)
    assert "The run cannot be replayed" in text_of(app)


@pytest.mark.parametrize("corruption", ["missing", "cut", "other classes"])
def test_an_epoch_history_without_epochs_is_reported(finished_run, corruption):
    path = finished_run.folder / epoch_predictions.NAME
    if corruption == "missing":
        path.unlink()
    elif corruption == "cut":
        path.write_bytes(path.read_bytes()[:300])
    else:
        shown = np.zeros(0, np.int32)
        epoch_predictions.write(finished_run, [1], np.ones((1, 2, 3)), [0, 1], [0, 1], shown, np.zeros((0, 8, 8, 1)))
    app = opened("evaluate", run=finished_run.id, view="Epoch history")

    assert is_intact(app)
    assert ("damaged" if corruption == "cut" else "has no predictions per epoch") in text_of(app)


def test_non_finite_predictions_are_reported(finished_run):
    probabilities, labels = predictions_of(finished_run)
    probabilities[:7] = np.nan
    np.savez(finished_run.folder / "predictions.npz", probabilities=probabilities, labels=labels)
    for place in PLACES:
        app = opened("evaluate", run=finished_run.id, **place)
        assert is_intact(app), place
        assert "7 predictions of this model were not numbers" in text_of(app)


def test_a_test_set_with_one_class_has_no_curves_and_reports_it(finished_run):
    probabilities, labels = predictions_of(finished_run)
    np.savez(finished_run.folder / "predictions.npz", probabilities=probabilities, labels=np.full_like(labels, 3))
    for place in PLACES:
        assert is_intact(opened("evaluate", run=finished_run.id, **place)), place
    place = {"view": "Curves & calibration", "part": "Curves"}
    assert "belong to one class" in text_of(opened("evaluate", run=finished_run.id, **place))


def test_switching_runs_keeps_only_applicable_filters(finished_run):
    other = broken_copy(finished_run, "20260102-120000-0badcafe")
    query = {"class": "3", "cell": "3-5", "merge": "1.2", "tag": "x", "predictions": "wrong", "confidence": "10-90"}
    app = opened("evaluate", run=finished_run.id, **query)
    app.selectbox(key="evaluate-run").select(other.id).run()

    assert is_intact(app)
    assert app.query_params["run"] in (other.id, [other.id])
    assert {name for name in query if app.query_params.get(name)} == {"predictions", "confidence"}


def test_dataset_groups_replace_its_hundred_classes(make_run):
    labels = np.arange(400) % 100
    probabilities = np.full((400, 100), 0.001, np.float32)
    probabilities[np.arange(400), np.where(labels == 0, 1, labels)] = 0.9
    content = io.BytesIO()
    np.savez(content, probabilities=probabilities, labels=labels)
    facts = {"version": 1, "data": "cifar100", "classes": list(cifar100.CLASSES), "shape": [32, 32, 3], "ink": False}
    result = {"version": 1, "outcome": "finished"}
    run = make_run(**{"model.json": facts, "predictions.npz": content.getvalue(), "result.json": result})
    app = opened("evaluate", run=run.id)
    assert is_intact(app)
    toggle = next(toggle for toggle in app.toggle if toggle.label == "20 groups")
    toggle.set_value(True).run()

    assert is_intact(app)
    assert app.query_params["merge"] in ("groups", ["groups"])
    assert len(matrix_of(app)["names"]) == 20
    for place in PLACES:
        assert is_intact(opened("evaluate", **{"run": run.id, "merge": "groups"} | place)), place


def test_classes_with_the_same_score_are_named_together():
    table = pa.table({"Class": ["a", "b", "c", "d"], "F1 (%)": [97.5, 90.04, 90.01, None]})
    assert per_class._extremes(table) == "Hardest: **b**, **c**, F1 90.0%. Easiest: **a**, F1 97.5%."
    many = pa.table({"Class": list("abcdef"), "F1 (%)": [50.0, 99.0, 99.0, 99.0, 99.0, 99.0]})
    assert "Easiest: **b**, **c**, **d** and 2 more, F1 99.0%." in per_class._extremes(many)


def test_frequent_errors_say_what_was_read_as_what(finished_run):
    app = opened("evaluate", run=finished_run.id)
    group = next(group for group in app.pills if group.label == "Most frequent errors")
    assert group.options and all(re.fullmatch(r"\d predicted as \d · \d+×", name) for name in group.options)
    assert "Row: what the image is. Column: what the model predicted." in text_of(app)


def test_a_click_on_an_image_of_the_gallery_keeps_the_filters():
    run = shipped("cifar10")
    app = opened("evaluate", run=run.id, cell="3~5", confidence="50-100")
    (first, *_) = re.findall(r'href="\?([^"]*view=Single[^"]*)"', gallery(app))
    query = dict(parse_qsl(html.unescape(first)))
    assert query["cell"] == "3~5" and query["confidence"] == "50-100"
    assert "**70** of 10,000 images" in text_of(opened("evaluate", **query))
