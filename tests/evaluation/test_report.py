"""The report: its numbers, and an HTML file that shows names literally and executes nothing."""

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.evaluation import report
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.report.svg_curves import curve
from imgcls.evaluation.report.values import calibration, strict
from imgcls.evaluation.robustness import evaluate
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS

HOSTILE = ["<script>alert(1)</script>", "$x^2$ **b**", '"><img src=x onerror=alert(1)>', "=1+1\nnew line"]


def predicted(probabilities, labels, names, images=None) -> Predictions:
    """Predictions of a run; `images` are those of the first test images, the others are not stored."""
    probabilities, labels = np.asarray(probabilities, np.float32), np.asarray(labels)
    images = np.zeros((0, 4, 4, 1), np.uint8) if images is None else images
    row_of = np.where(np.arange(len(labels)) < len(images), np.arange(len(labels)), -1)
    return Predictions(tuple(names), probabilities, labels, np.arange(len(labels)), images, row_of)


@pytest.fixture
def hostile_run(make_run):
    """A run with markup in its name and classes, and its predictions: eight images, two errors."""
    model = {"classes": HOSTILE, "shape": [4, 4, 1], "ink": False, "data": "own-x", "data_title": "half \ud83d sign"}
    lines = [
        {"kind": "epoch", "epoch": 1, "loss": 2.0, "accuracy": 0.25, "val_loss": None, "val_accuracy": 0.2},
        {"kind": "epoch", "epoch": 2, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.2, "val_accuracy": 0.4},
    ]
    files = {
        "model.json": model,
        "label.txt": HOSTILE[2].encode(),
        "metrics.jsonl": "".join(json.dumps(line) + "\n" for line in lines).encode(),
        "result.json": {"version": 1, "outcome": "finished", "best_epoch": 2, "epochs": 2, "parameters": 1234},
    }
    run = make_run(**files)
    probabilities = np.full((8, 4), 0.1)
    labels = np.arange(8) % 4
    probabilities[np.arange(8), [0, 1, 2, 3, 0, 1, 3, 0]] = 0.7
    images = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1)).astype(np.uint8)
    return run, predicted(probabilities, labels, HOSTILE, images)


class Elements(HTMLParser):
    """Counts the elements of a page and collects what they refer to and their text."""

    def __init__(self, text):
        super().__init__()
        self.names, self.sources, self.handlers, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_runs_no_code_loads_nothing_and_shows_names_literally(hostile_run):
    page = Elements(report.page(*hostile_run))

    assert not {"script", "link", "iframe", "object", "form"} & set(page.names)
    assert page.handlers == []
    assert page.sources and all(source.startswith("data:image/png;base64,") for source in page.sources)
    text = "".join(page.words)
    assert "half ? sign" in text and text.encode()
    assert HOSTILE[0] in text and HOSTILE[1] in text and HOSTILE[2] in text


def test_the_page_has_scores_curves_and_the_most_confident_errors(hostile_run):
    text = report.page(*hostile_run)

    assert "75.0%" in text and "40.9–92.9%" in text  # 6 of 8 with Wilson's interval
    assert text.count("<svg") == 2
    assert text.count("Test image ") == 2  # the two errors
    assert "1,234 parameters" in text and "best epoch 2 of 2" in text


def test_the_numbers_are_strict_json(hostile_run):
    found = json.loads(json.dumps(report.collect(*hostile_run), allow_nan=False))

    assert found["test"]["accuracy"]["value"] == 0.75
    assert (
        found["test"]["confusion_matrix"]
        == classification.confusion([0, 1, 2, 3, 0, 1, 3, 0], np.arange(8) % 4, 4).tolist()
    )
    assert [entry["image"] for entry in found["test"]["worst_errors"]] == [6, 7]
    assert found["curves"]["val_loss"] == [None, pytest.approx(1.2)]
    assert found["settings"]["model"] == "cnn"
    assert found["data"]["classes"] == HOSTILE


def test_a_mostly_unreadable_run_still_has_a_report(hostile_run):
    run, predictions = hostile_run
    (run.folder / "config.json").write_text("{")
    (run.folder / "result.json").write_text("[]")
    (run.folder / "metrics.jsonl").unlink()
    predictions = replace(predictions, images=predictions.images[:0], row_of=np.full(8, -1))

    text = report.page(run, predictions)

    assert "settings of this run cannot be read" in text
    assert "No epochs were recorded" in text
    assert "The images are not stored" in text


def test_a_matrix_with_many_classes_is_drawn_as_an_image(make_run):
    names = [f"class {number}" for number in range(60)]
    run = make_run(**{"model.json": {"classes": names, "shape": [4, 4, 1], "ink": False}})
    labels = np.arange(120) % 60
    probabilities = np.eye(60)[(labels + (np.arange(120) < 5)) % 60]

    text = report.page(run, predicted(probabilities, labels, names))

    assert 'class="whole"' in text and 'class="matrix"' not in text


def test_the_calibration_error_by_hand():
    """Three predictions at 0.95, two correct, and a correct one at 0.55: (3 * |0.95 - 2/3| + 0.45) / 4."""
    probabilities = [[0.95, 0.05], [0.95, 0.05], [0.05, 0.95], [0.55, 0.45]]

    found = calibration(predicted(probabilities, [0, 1, 1, 0], ["a", "b"]))

    assert found["expected_calibration_error"]["value"] == pytest.approx((3 * abs(0.95 - 2 / 3) + 0.45) / 4, abs=1e-6)
    assert [part["count"] for part in found["bins"]] == [0] * 8 + [1] + [0] * 5 + [3]


def test_invalid_predictions_are_counted_and_raise_no_error():
    found = calibration(predicted([[np.nan, np.nan], [0.2, 0.8]], [0, 1], ["a", "b"]))

    assert sum(part["count"] for part in found["bins"]) == 2
    assert strict({"a": [np.float32("nan"), np.int64(3), float("inf")]}) == {"a": [None, 3, None]}


def test_the_tables_open_in_a_spreadsheet_without_formula_injection(hostile_run):
    _, predictions = hostile_run

    def rows(data):
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))

    classes = rows(report.scores_csv(predictions))
    assert [row["class"] for row in classes] == [*HOSTILE[:3], "'" + HOSTILE[3]]
    assert [float(row["recall"]) for row in classes] == [1.0, 1.0, 0.5, 0.5]
    listed = rows(report.predictions_csv(predictions))
    assert [row["correct"] for row in listed] == ["yes"] * 6 + ["no"] * 2
    assert float(listed[0][f"0: {HOSTILE[0]}"]) == pytest.approx(0.7)


def test_a_curve_leaves_gaps_marks_the_best_epoch_and_may_be_empty():
    drawn = curve("Loss", [1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [None, 2.5, 2.0], 3, as_fraction=False)

    assert drawn.count('class="training"') == drawn.count('class="validation"') == 1
    assert "best epoch" in drawn
    assert curve("Loss", [], [], [], None, as_fraction=False) == ""
    assert curve("Loss", [1.0], [None], [None], None, as_fraction=False) == ""
    assert "dot" in curve("Accuracy", [1.0], [0.5], [0.5], 1, as_fraction=True)


def test_the_report_shows_the_settings_of_the_run(make_run):
    run = make_run(
        **{
            "config.json": Config(rotation=10, epochs=7).as_dict(),
            "model.json": {"classes": ["a", "b"], "shape": [4, 4, 1], "ink": False},
        }
    )

    text = report.page(run, predicted([[1.0, 0.0], [0.0, 1.0]], [0, 1], ["a", "b"]))

    assert "Augmentation: rotation 10°." in text
    assert "<dt>epochs</dt><dd>7</dd>" in text
    assert "No errors." in text


def test_the_report_includes_robustness_results_if_they_exist(hostile_run):
    run, given = hostile_run
    assert report.collect(run, given)["robustness"] is None
    assert "<h2>Robustness</h2>" not in report.page(run, given)
    damaged = np.zeros((8, 5, 4), int)
    damaged[0] = 1
    names = np.array(list(CORRUPTIONS))
    np.savez(
        run.folder / "robustness.npz",
        indices=np.arange(4),
        labels=np.zeros(4, int),
        clean=np.zeros(4, int),
        damaged=damaged,
        names=names,
        version=evaluate.VERSION,
    )

    results = report.collect(run, given)["robustness"]

    assert [score["value"] for score in results["corruptions"]["noise"]] == [0.0] * 5
    assert [score["value"] for score in results["corruptions"]["JPEG"]] == [1.0] * 5
    assert "<h2>Robustness</h2>" in report.page(run, given)
