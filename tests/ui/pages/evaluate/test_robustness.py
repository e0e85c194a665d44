"""The section Robustness of the Evaluate page."""

import numpy as np
import pytest

from imgcls.evaluation.robustness import evaluate
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.system import paths
from imgcls.ui.app import links
from imgcls.ui.widgets import formatting
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.runs.evaluations import stored_robustness


def test_robustness_is_offered_and_missing_requirements_are_reported(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Robustness")
    assert is_intact(app)
    assert any(button.label == "Evaluate robustness" for button in app.button)
    assert html_of(app).count("The same image with ") >= 8, "what will be tested"

    (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink()
    app = opened("evaluate", run=finished_run.id, view="Robustness")
    assert is_intact(app)
    assert "on the Data page first." in text_of(app)
    assert any(button.label == "Open the Data page" for button in app.button)
    assert not any(button.label == "Evaluate robustness" for button in app.button)


def test_robustness_shows_the_results_and_recommended_training(finished_run, monkeypatch):
    stored_robustness(finished_run)  # half of the predictions under noise are wrong
    sent = {}
    monkeypatch.setattr(links, "train", lambda **values: sent.update(values))
    app = opened("evaluate", run=finished_run.id, view="Robustness", corruption="noise", strength="3")

    assert is_intact(app)
    assert html_of(app).count("data:image/svg+xml") == 8
    assert html_of(app).count('alt="A test image with ') == 8, "what each corruption does"
    assert "180 images predicted correctly without this corruption but incorrectly with it" in text_of(app)
    assert "with noise of strength 3, predicted as" in html_of(app)
    assert "**50.0%** accuracy at strength 3 (" in text_of(app) and "On the original images: 100.0%." in text_of(app)
    app.button(key="train-robust").click().run()
    config = finished_run.config
    assert sent["noise"] == 36 and sent["data"] == "digits" and sent["cnn.filters"] == config.model_settings["filters"]
    assert sent["epochs"] == config.epochs


def test_a_class_that_most_corrupted_images_become_is_named(finished_run):
    stored_robustness(finished_run)
    path = finished_run.folder / evaluate.NAME
    with np.load(path) as file:
        stored = dict(file)
    stored["damaged"][list(CORRUPTIONS).index("noise"), 3] = 7
    np.savez(path, **stored)
    share = formatting.fraction(float((stored["labels"] == 7).mean()))
    at = {"run": finished_run.id, "view": "Robustness", "corruption": "noise"}
    text = text_of(opened("evaluate", **at, strength="4"))
    assert f"With noise like this, 100.0% of all images are predicted as **7**, whatever they show; {share} " in text
    assert "whatever they show" not in text_of(opened("evaluate", **at, strength="1"))


def test_without_the_dataset_changed_predictions_are_shown_on_stored_images_or_lead_to_it(finished_run):
    stored_robustness(finished_run)
    (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink()
    at = {"run": finished_run.id, "view": "Robustness", "corruption": "noise", "strength": "3"}
    app = opened("evaluate", **at)
    assert html_of(app).count("the same image with noise of strength 3, predicted as") == 12
    assert "; 12 are shown." in text_of(app)

    gallery = finished_run.folder / "gallery.npz"
    with np.load(gallery) as file:
        stored = {name: value[:0] if name in ("pictures", "indices") else value for name, value in file.items()}
    np.savez(gallery, **stored)
    app = opened("evaluate", **at)
    assert is_intact(app) and "IMGCLS_DATA" not in text_of(app)
    assert "To see them, prepare" in text_of(app)
    assert any(button.label == "Open the Data page" for button in app.button)


@pytest.mark.parametrize("state", ["failed", "truncated"])
def test_failed_robustness_can_be_retried(finished_run, state):
    if state == "failed":
        evaluate.task_of(finished_run).write_progress("failed", 0.5, "The disk <b>is</b> full.")
    else:
        (finished_run.folder / "robustness.npz").write_bytes(b"PK truncated")
    app = opened("evaluate", run=finished_run.id, view="Robustness")

    assert is_intact(app)
    assert ("The disk <b>is</b> full." if state == "failed" else "cannot be read") in text_of(app)
    assert any(button.label in ("Try again", "Evaluate again") for button in app.button)
