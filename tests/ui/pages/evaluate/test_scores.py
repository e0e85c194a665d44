"""The scores at the top of the Evaluate page, and those of each class and group."""

import json
import re

import numpy as np
import pyarrow as pa
import pytest

from imgcls.evaluation import predictions as evaluated
from imgcls.evaluation.metrics import classification
from imgcls.ui.cache import predictions
from imgcls.ui.evaluate.parts import headline
from imgcls.ui.evaluate.sections import per_class
from imgcls.ui.widgets import formatting
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.runs.evaluations import grouped_run


@pytest.mark.parametrize(
    ("matrix", "text"),
    [
        (
            [[5, 1, 0], [3, 5, 1], [0, 0, 5]],
            "Most mixed up: dog and cat, 4 of 5 errors: 3 × dog predicted as cat, 1 × cat predicted as dog.",
        ),
        (
            [[5, 0, 0], [2, 5, 0], [0, 0, 5]],
            "Most mixed up: dog predicted as cat, 2 of 2 errors, and never the other way round.",
        ),
        ([[5, 0, 0], [0, 5, 0], [0, 0, 5]], "No errors."),
    ],
)
def test_the_headline_counts_both_directions_of_a_confusion_and_each_as_the_matrix_does(matrix, text):
    labels, predicted = np.repeat([divmod(cell, 3) for cell in range(9)], np.ravel(matrix), axis=0).T
    found = classification.scores(np.eye(3)[predicted], labels, ("cat", "dog", "fox"))
    assert headline._most_confused(found) == text


def test_the_headline_leads_to_the_images_of_the_most_frequent_error_and_keeps_the_filters(finished_run):
    path = finished_run.folder / "predictions.npz"
    with np.load(path, allow_pickle=False) as file:
        probabilities, labels = file["probabilities"].copy(), file["labels"]
    for true, other, count in ((8, 5, 20), (5, 8, 15)):
        probabilities[np.flatnonzero(labels == true)[:count]] = np.eye(10)[other]
    np.savez(path, probabilities=probabilities, labels=labels)
    matrix = predictions.single_label_predictions(finished_run)
    found = classification.scores(matrix.probabilities, matrix.labels, matrix.names)
    true, predicted = headline._worst_pair(found)
    count = found.matrix[true, predicted] + found.matrix[predicted, true]
    assert found.matrix[predicted, true], "counted in both directions"
    label = f"Show these {count} images" if count > 1 else "Show this 1 image"
    page = html_of(opened("evaluate", run=finished_run.id, view="Export"))
    address = f"?run={finished_run.id}&amp;view=Errors&amp;cell={true}~{predicted}"
    assert f'<a href="{address}" target="_self">{label}</a>' in page
    app = opened("evaluate", run=finished_run.id, cell=f"{true}~{predicted}")
    assert app.button(key="lift-cell").label == f"{true} ↔ {predicted}" and f"{count} images" in text_of(app)
    app = opened("evaluate", run=finished_run.id, confidence="0-99", panel="Map")
    (query,) = re.findall(r'<a href="\?([^"]+)" target="_self">Show th', html_of(app))
    assert "confidence=0-99" in query and "panel" not in query and "view=Errors" in query and "cell=" in query


def test_from_few_test_images_the_interval_or_the_cross_validated_score_is_in_large_type(finished_run, monkeypatch):
    monkeypatch.setattr(formatting, "FEW_TEST_IMAGES", 10_000)
    found = html_of(opened("evaluate", run=finished_run.id))
    assert re.search(r'<div class="headline"><div>[\d.]+–[\d.]+%</div>', found)
    assert re.search(r"<b>95% CI [\d.]+–[\d.]+%</b> test accuracy", html_of(opened("runs")))
    result = json.loads((finished_run.folder / "result.json").read_text())
    result["folds"] = {"each": [0.9, 0.95], "accuracy": 0.925, "low": 0.9, "high": 0.95, "count": 1437}
    (finished_run.folder / "result.json").write_text(json.dumps(result))
    found = html_of(opened("evaluate", run=finished_run.id))
    assert '<div class="headline"><div>92.5%</div><div><strong>cross-validated accuracy' in found
    assert re.search(r"test accuracy [\d.]+%, 95% confidence interval [\d.]+–", found)
    assert "<b>92.5%</b> cross-validated accuracy" in html_of(opened("runs"))


def test_cross_validation_results_are_beside_the_scores(finished_run):
    result = json.loads((finished_run.folder / "result.json").read_text())
    result["folds"] = {"each": [0.9, 0.95], "accuracy": 0.925, "low": 0.9, "high": 0.95, "count": 1437}
    (finished_run.folder / "result.json").write_text(json.dumps(result))
    app = opened("evaluate", run=finished_run.id)
    note = "accuracy 92.5% (95% CI 90.0–95.0%), the mean of 2 folds (90.0%, 95.0%)"
    assert note in html_of(app) and "<summary>Cross-validation</summary>" in html_of(app)
    for damaged in ({"each": "x"}, {"each": [], "accuracy": None}, 3):
        (finished_run.folder / "result.json").write_text(json.dumps(result | {"folds": damaged}))
        app = opened("evaluate", run=finished_run.id)
        assert is_intact(app) and "Cross-validation" not in html_of(app)


def test_groups_are_listed_with_the_worst_first(finished_run):
    run = grouped_run(finished_run)
    app = opened("evaluate", run=run.id, view="Per group")
    assert is_intact(app)
    (table,) = [frame for frame in app.dataframe if "Group" in frame.value.columns]
    assert table.value["Group"].tolist()[0] == "<i>Bob</i>"
    assert table.value["Accuracy (%)"].tolist() == [0.0, 100.0, 100.0]
    errors = int((~evaluated.read(run).is_right).sum())
    assert table.value["Errors"].tolist() == [errors, 0, 0]
    assert html_of(app).count("<figure>") == min(errors, 20)


def test_without_groups_there_is_no_groups_section(finished_run):
    app = opened("evaluate", run=finished_run.id)
    section = next(one for one in app.segmented_control if one.key == "view")
    assert "Per group" not in section.options and "Per class" in section.options


@pytest.mark.parametrize(
    ("scores", "start"), [([99.2, 99.8], 99), ([97.0, 100.0], 95), ([81.8, 99.0], 70), ([20.0, 99.0], 0), ([None], 0)]
)
def test_the_bars_of_the_classes_begin_below_the_lowest_score(scores, start):
    table = pa.table({"Class": [str(one) for one in scores], "F1 (%)": pa.array(scores, pa.float64())})
    assert per_class._start(table) == start
