"""The page of a run: what stands where, and that its numbers agree with what is said about them."""

import json

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.evaluation import golden, predictions
from imgcls.evaluation.golden import Outcome
from imgcls.runs.annotations import notes
from imgcls.runs.metrics_log import Curves
from imgcls.ui.train.run_parts import details, golden_report, live_numbers
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.runs.golden_runs import later, worse
from tests.support.training.metrics_logs import PLAN, batch, lines


@pytest.fixture
def curves(tmp_path):
    """`curves(training, validation)`: of a run after one epoch with these accuracies, and a batch of the next one."""

    def make(training: float | None, validation: float | None) -> Curves:
        path = tmp_path / "metrics.jsonl"
        epoch = {"kind": "epoch", "epoch": 1, "loss": 0.5, "val_loss": 0.4, "accuracy": training}
        path.write_bytes(lines(epoch | {"val_accuracy": validation}, batch(1.2) | {"accuracy": 0.906}))
        return Curves(path).refresh()

    return make


def shown(run, curves, monkeypatch) -> str:
    written: list[str] = []
    monkeypatch.setattr(live_numbers.st, "html", written.append)
    live_numbers.show(run, curves, "running", False)
    return written[0]


def test_the_row_of_numbers_and_the_sentence_below_the_curves_use_the_same_epoch(finished_run, curves, monkeypatch):
    now = curves(0.945, 0.922)
    row = shown(finished_run, now, monkeypatch)
    assert "<dd>94.5%</dd><dd>mean of the last full epoch</dd>" in row and "<dd>92.2%</dd>" in row
    assert "90.6%" not in row, "of the batches of another epoch"
    assert live_numbers.gap(now).startswith("Validation is 2.3 points below training")


@pytest.mark.parametrize(("training", "validation"), [(0.906, 0.922), (0.9221, 0.922)])
def test_validation_that_is_not_seen_to_be_below_training_is_explained(curves, training, validation):
    assert live_numbers.gap(curves(training, validation)) == live_numbers.ABOVE_TRAINING


def test_without_a_number_nothing_is_said_about_the_difference(curves):
    assert live_numbers.gap(curves(0.9, None)) == ""


def test_a_score_from_few_test_images_is_an_interval_and_called_uncertain(finished_run):
    text = html_of(opened("train", run=finished_run.id))
    assert "uncertain" not in text
    result = json.loads((finished_run.folder / "result.json").read_text())
    result |= {"test_accuracy": 0.75, "counts": result["counts"] | {"test": 8}}
    (finished_run.folder / "result.json").write_text(json.dumps(result))
    app = opened("train", run=finished_run.id)
    assert is_intact(app)
    panel = html_of(app)
    assert "<b>41–93%</b>" in panel and "<p>uncertain: 75.0% of only 8 test images</p>" in panel
    assert "With so few test images this is uncertain" in panel and "between 41% and 93%" in panel


def test_the_test_accuracy_is_the_headline_and_the_other_numbers_say_of_which_epoch_they_are(finished_run):
    text = html_of(opened("train", run=finished_run.id))
    score, others = text.split('class="run-result"')[1].split('class="numbers"')[:2]
    count = finished_run.result["counts"]["test"]
    right = round(finished_run.result["test_accuracy"] * count)
    assert f"It recognises <strong>{right} of {count}</strong> images that it had never seen." in score
    assert "95% confidence interval" in score and "95% CI" not in score
    assert "Test accuracy" not in others and "lowest validation loss; saved" in others


def test_the_images_of_a_finished_run_come_before_its_curves(finished_run):
    app = opened("train", run=finished_run.id)
    assert is_intact(app)
    found = [element.type for element in app.main if element.type in ("plotly_chart", "html")]
    elements = [str(element.proto) for element in app.main]
    scores = next(at for at, text in enumerate(elements) if "Test accuracy" in text)
    chart = next(at for at, element in enumerate(app.main) if element.type == "plotly_chart")
    mistakes = next(at for at, text in enumerate(elements) if "Its most confident mistakes" in text)
    assert scores < mistakes < chart, found


def test_the_heading_names_the_main_settings_and_the_tags(finished_run):
    notes.tag(finished_run, "night", given=True)
    config = finished_run.config
    heading = opened("train", run=finished_run.id).markdown[0].value.replace("\\", "")
    assert f"learning rate {config.learning_rate:g} · {config.epochs} epoch" in heading
    assert f"seed {config.seed}" in heading and ":gray-badge[night]" in heading


def test_settings_that_differ_from_their_defaults_come_first_under_the_names_of_the_screen():
    rows = details.settings_rows(Config(data="digits", train_images=500, seed=4), is_multilabel=False)
    changed = [row.label for row in rows if row.value != row.default]
    assert [row.label for row in rows[: len(changed)]] == changed == ["Dataset", "Training images", "Seed"]
    (images,) = (row for row in rows if row.label == "Training images")
    assert (images.value, images.default) == ("500", "all")
    assert not any("_" in row.label or row.label[0].islower() for row in rows)


def test_the_golden_set_is_compared_with_the_run_that_the_visitor_chooses(finished_run):
    tested = predictions.read(finished_run)
    index = np.flatnonzero(tested.is_right & (tested.row_of >= 0))[0]
    label = tested.names[tested.labels[index]]
    golden.pin(finished_run.card.data, tested.images[tested.row_of[index]], label, "test image", finished_run.id)
    worse(finished_run, "second", 3e9)
    newest = later(finished_run, "third", 3.1e9)
    app = opened("train", run=newest.id)
    assert f"Pinned from [{finished_run.label}](/train?run={finished_run.id}) (1)." in text_of(app)
    assert any("1 fixed, 0 broken" in one.label for one in app.expander)
    app.selectbox(key=f"{golden_report.COMPARED}-{newest.id}").set_value(finished_run.id).run()
    assert is_intact(app) and any("0 fixed, 0 broken" in one.label for one in app.expander)


def test_the_unchanged_images_of_the_golden_set_are_folded(finished_run, monkeypatch):
    image = golden.GoldenImage("aa", np.zeros((8, 8, 1), np.uint8), "3", "test image 1", 1.0)
    outcomes = [Outcome(image, "3", "4"), Outcome(image, "3", "3")]
    report = golden.Report(finished_run, finished_run, tuple(outcomes), 0)
    monkeypatch.setattr(golden, "images", lambda data: [image])
    monkeypatch.setattr(golden_report, "_report", lambda *_: report)
    app = opened("train", run=finished_run.id)
    (whole,) = (one for one in app.expander if "golden set" in one.label.lower() or "pinned" in one.label.lower())
    (unchanged,) = (one for one in app.expander if one.label == "Unchanged (1)")
    assert whole.proto.expanded and not unchanged.proto.expanded
    assert "Fixed" in text_of(app)


def test_the_axis_of_the_accuracy_fits_the_later_epochs_or_goes_to_zero(finished_run):
    (finished_run.folder / "metrics.jsonl").write_bytes(
        lines(PLAN, *({"kind": "epoch", "epoch": at, "accuracy": 0.9, "val_accuracy": 0.95} for at in range(1, 9)))
    )
    app = opened("train", run=finished_run.id)
    assert is_intact(app)

    def axis() -> dict:
        return json.loads(app.get("plotly_chart")[1].proto.spec)["layout"]["yaxis"]

    assert axis()["tick0"] == 90 and axis()["dtick"] == 2
    app.segmented_control(key="accuracy-axis").set_value("0–100%").run()
    assert axis()["autorangeoptions"]["minallowed"] == 0
