"""The Evaluate page of a multi-label run: every section works and matches the predictions."""

import json
import shutil
from io import BytesIO

import numpy as np
import pytest

from imgcls.evaluation import report
from imgcls.evaluation.metrics import multilabel
from imgcls.evaluation.predictions import read
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.robustness import evaluate
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.runs import Run
from imgcls.runs.predictions import validation_predictions
from imgcls.ui.evaluate import sections
from tests.support.pages import HOSTILE, html_of, is_intact, opened, text_of

NAMES = ["boat", HOSTILE[0], HOSTILE[2], "sky"]
COUNT, STORED = 60, 50


def predicted() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels of the test set."""
    random = np.random.default_rng(3)
    labels = (random.random((COUNT, 4)) < (0.5, 0.4, 0.2, 0.1)).astype(np.uint8)
    return np.clip(random.normal(0.3 + 0.4 * labels, 0.2), 0, 1).astype(np.float32), labels


def packed(**arrays) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.fixture
def tested(make_run, digits) -> Run:
    """A tested multi-label run whose labels have hostile names."""
    probabilities, labels = predicted()
    images = np.random.default_rng(0).integers(0, 256, (STORED, 8, 8, 1), dtype=np.uint8)
    card = {"classes": NAMES, "shape": [8, 8, 1], "ink": False, "several": True, "threshold": 0.37, "data": "own-x"}
    run = make_run(
        **{
            "predictions.npz": packed(probabilities=probabilities, labels=labels),
            "gallery.npz": packed(indices=np.arange(STORED, dtype=np.int32), pictures=images),
            "model.json": card,
            "result.json": {"version": 1, "outcome": "finished", "test_macro_f1": 0.5},
        }
    )
    validation_predictions.write(run, probabilities, labels, np.arange(COUNT))
    return run


def with_robustness(run: Run) -> None:
    """Stores robustness results in which only images under noise change: all labels are predicted."""
    _, labels = predicted()
    corrupted = np.broadcast_to(labels, (len(CORRUPTIONS), 5, COUNT, 4)).astype(np.float16)
    corrupted[0] = 1
    arrays = {"indices": np.arange(COUNT), "labels": labels.astype(np.int16), "clean": labels.astype(np.float16)}
    names = np.array(list(CORRUPTIONS))
    np.savez(run.folder / evaluate.NAME, **arrays, damaged=corrupted, names=names, version=evaluate.VERSION)


PLACES = [
    *({"view": view} for view in sections.available(sections.MULTI)),
    {"panel": "Error pairs", "cell": "0-1"},
    {"panel": "Map"},
    {"view": "Curves & calibration", "part": "Calibration"},
    {"view": "Curves & calibration", "part": "Abstention"},
    {"predictions": "missing", "class": "1"},
    {"confidence": "0-1"},
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_section_works_and_shows_names_literally(tested, place):
    with_robustness(tested)
    shutil.copytree(tested.folder, tested.folder.with_name("other"))
    app = opened("evaluate", run=tested.id, other="other", **place)

    assert is_intact(app), [error.value for error in app.exception]
    assert "macro F1" in html_of(app) or "No test images match the filters" in text_of(app)
    assert "<img src=x" not in html_of(app)


def test_scores_and_table_match_the_predictions(tested):
    app = opened("evaluate", run=tested.id, view="Per class")
    found = multilabel.scores(*predicted(), NAMES)

    assert f"{found.macro_f1.value:.1%}" in html_of(app)
    assert f"{found.all_right.value:.1%}" in html_of(app)
    table = app.dataframe[0].value
    assert table["Label"].tolist() == NAMES
    for name, score in (("Precision", found.labels.precision), ("Recall", found.labels.recall)):
        assert table[f"{name} (%)"].tolist() == pytest.approx(100 * score.value)


def test_the_threshold_applies_to_the_entire_page(tested):
    app = opened("evaluate", run=tested.id, view="Per class")
    app.get("button_group")[0].set_value("Chosen on validation").run()

    assert is_intact(app)
    expected = multilabel.scores(*predicted(), NAMES, 0.37)
    assert app.dataframe[0].value["Recall (%)"].tolist() == pytest.approx(100 * expected.labels.recall.value)
    assert f"{expected.macro_f1.value:.1%}" in html_of(app)


def test_label_thresholds_apply_to_the_entire_page_from_the_start(tested):
    card = json.loads((tested.folder / "model.json").read_text()) | {"thresholds": [0.2, 0.4, 0.6, 0.8]}
    (tested.folder / "model.json").write_text(json.dumps(card))
    with_robustness(tested)
    app = opened("evaluate", run=tested.id, view="Per class")

    assert is_intact(app)
    expected = multilabel.scores(*predicted(), NAMES, (0.2, 0.4, 0.6, 0.8))
    table = app.dataframe[0].value
    assert table["Recall (%)"].tolist() == pytest.approx(100 * expected.labels.recall.value)
    assert table["Threshold"].tolist() == [0.2, 0.4, 0.6, 0.8]
    assert f"{expected.macro_f1.value:.1%}" in html_of(app)
    app.get("button_group")[0].set_value("0.5").run()
    assert app.dataframe[0].value["Threshold"].tolist() == [0.5] * 4
    for view in sections.available(sections.MULTI):
        assert is_intact(opened("evaluate", run=tested.id, view=view))


def test_the_report_names_the_threshold_of_each_label(tested):
    found = Decisions(read(tested), (0.2, 0.4, 0.6, 0.8))
    assert report.collect(tested, found)
    assert "boat 0.2, " in report.page(tested, found)


@pytest.mark.parametrize("thresholds", [[0.5], [0.5, 0.5, 0.5, 2], "x", [None] * 4, [0.5, 0.5, 0.5, float("nan")]])
def test_invalid_thresholds_are_replaced_by_the_common_one(tested, thresholds):
    card = json.loads((tested.folder / "model.json").read_text()) | {"thresholds": thresholds}
    (tested.folder / "model.json").write_text(json.dumps(card))
    assert (tested.card.thresholds, tested.card.threshold) == ((), 0.37)


@pytest.mark.parametrize("kind", ["wrong", "missing", "extra", "right"])
@pytest.mark.parametrize("label", [None, 1])
def test_the_gallery_shows_the_images_with_this_error(tested, kind, label):
    app = opened("evaluate", run=tested.id, predictions=kind, **({} if label is None else {"class": str(label)}))
    probabilities, labels = predicted()
    missing, extra = (labels > 0) & (probabilities < 0.5), (labels == 0) & (probabilities >= 0.5)
    errors = {"missing": missing, "extra": extra}.get(kind, missing | extra)
    if kind == "right":
        has_label = True if label is None else labels[:, label] > 0
        expected = ~errors.any(1) & has_label
    else:
        expected = errors.any(1) if label is None else errors[:, label]

    shown = [int(part.split(":")[0]) for part in html_of(app).split('alt="Test image ')[1:]]
    assert set(shown) <= set(np.flatnonzero(expected[:STORED]).tolist())
    assert len(shown) == min(20, int(expected[:STORED].sum()))
    assert (np.diff(multilabel.losses(probabilities, labels)[shown]) <= 1e-9).all(), "the largest loss comes first"


def test_error_counts_are_the_two_by_two_table_of_each_label(tested):
    probabilities, labels = predicted()
    said, true = probabilities >= 0.5, labels > 0
    table = opened("evaluate", run=tested.id).dataframe[0].value

    assert table["Correct"].tolist() == (said & true).sum(0).tolist()
    assert table["Missing"].tolist() == (~said & true).sum(0).tolist()
    assert table["Extra"].tolist() == (said & ~true).sum(0).tolist()


def test_an_error_pair_is_one_label_missed_and_another_predicted():
    probabilities = np.array([[0.2, 0.9], [0.9, 0.1], [0.8, 0.7]], np.float32)
    labels = np.array([[1, 0], [1, 0], [1, 1]], bool)
    from imgcls.evaluation.predictions import Predictions
    from imgcls.evaluation.selection import Selection

    decisions = Decisions(Predictions(("a", "b"), probabilities, labels, np.arange(3)), 0.5)

    assert decisions.error_pairs.tolist() == [[2, 1], [0, 1]]
    assert decisions.kept(Selection(cell=(0, 1))).tolist() == [True, False, False]
    assert decisions.kept(Selection(cell=(0, 0))).tolist() == [False, True, True]
    assert decisions.kept(Selection(cell=(None, 1))).tolist() == [True, False, False]
    assert decisions.confidence.tolist() == pytest.approx([0.8, 0.9, 0.7])


def test_two_runs_are_compared_by_exact_match_and_by_label(tested):
    other = tested.folder.with_name("better")
    shutil.copytree(tested.folder, other)
    _, labels = predicted()
    (other / "predictions.npz").write_bytes(packed(probabilities=labels.astype(np.float32), labels=labels))
    app = opened("evaluate", run="better", view="Compare", other=tested.id)

    assert is_intact(app)
    assert "A is better than B" in html_of(app) and "Exact match of A" in html_of(app)
    assert "Label accuracy of A minus that of B" in html_of(app)


def test_robustness_counts_an_image_if_all_of_its_labels_are_correct(tested):
    with_robustness(tested)
    found = evaluate.read(tested)
    _, labels = predicted()

    assert found.right("noise")[0].tolist() == labels.all(1).tolist()
    assert found.right("JPEG").all()
    app = opened("evaluate", run=tested.id, view="Robustness")
    assert "Clean exact match" in html_of(app) and html_of(app).count("data:image/svg+xml") == 8


def test_robustness_results_of_another_kind_of_run_are_refused(tested):
    with_robustness(tested)
    with np.load(tested.folder / evaluate.NAME) as file:
        content = dict(file)
    np.savez(tested.folder / evaluate.NAME, **content | {"clean": content["clean"][:, 0]})
    assert "cannot be read" in text_of(opened("evaluate", run=tested.id, view="Robustness"))


def test_multilabel_runs_have_a_report_and_tables(tested):
    with_robustness(tested)
    decisions = Decisions(read(tested), 0.5)
    values = json.loads(json.dumps(report.collect(tested, decisions), allow_nan=False))
    page = report.page(tested, decisions)

    expected = multilabel.scores(*predicted(), NAMES)
    assert values["test"]["exact_match"]["value"] == pytest.approx(expected.all_right.value)
    assert [row["name"] for row in values["test"]["labels"]] == NAMES
    assert "Errors by label" in page and "Robustness" in page and "<img src=x" not in page
    assert "Test image " in page
    assert report.scores_csv(decisions).decode("utf-8-sig").startswith("label,images")
    assert b"predicted labels" in report.predictions_csv(decisions)


def test_missing_images_and_damaged_predictions_are_reported(tested):
    (tested.folder / "gallery.npz").write_bytes(b"truncated")
    app = opened("evaluate", run=tested.id)
    assert is_intact(app) and "No images to show" in text_of(app)
    (tested.folder / "predictions.npz").write_bytes(packed(probabilities=np.zeros((3, 2)), labels=np.zeros((3, 2))))
    assert "The test predictions of this run are damaged" in text_of(opened("evaluate", run=tested.id))


def test_features_unavailable_for_multilabel_runs_are_explained(tested):
    assert "do not record predictions after each epoch" in text_of(
        opened("evaluate", run=tested.id, view="Epoch history")
    )
    app = opened("evaluate", run=tested.id, view="Label errors", suspects="Training images")
    assert "cannot be checked" in text_of(app)
