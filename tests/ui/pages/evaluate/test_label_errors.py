"""The section Label errors of the Evaluate page."""

import re

import numpy as np

from imgcls import datasets
from imgcls.evaluation.label_errors.reviews import judge, judged
from imgcls.system import paths
from imgcls.ui.app import links
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.runs.evaluations import stored_suspects


def test_test_labels_are_reviewed_and_the_score_without_them_is_shown(finished_run):
    with np.load(finished_run.folder / "predictions.npz", allow_pickle=False) as file:
        probabilities, labels = file["probabilities"].copy(), file["labels"]
    probabilities[:4] = np.eye(10)[(labels[:4] + 1) % 10]
    np.savez(finished_run.folder / "predictions.npz", probabilities=probabilities, labels=labels)
    app = opened("evaluate", run=finished_run.id, view="Label errors")
    assert is_intact(app)
    assert "This model, which was not trained on these images, contradicts" in text_of(app)
    assert all(f"Test image {place}: its label is" in html_of(app) for place in range(4))

    judge(finished_run, "test", [0, 1], "wrong")
    judge(finished_run, "test", [2], "right")
    app.run()

    assert judged(finished_run, "test", "wrong") == {0, 1}
    assert "Test image 0:" not in html_of(app) and "Test image 3:" in html_of(app)
    right = (probabilities.argmax(1) == labels)[2:].mean()
    assert f"accuracy is **{100 * right:.1f}%**" in text_of(app) and "This is optimistic" in text_of(app)


def test_training_suspects_are_reviewed_one_by_one_and_the_form_opens(finished_run, monkeypatch):
    sent = {}
    monkeypatch.setattr(links, "train", lambda **values: sent.update(values))
    stored_suspects(finished_run)
    app = opened("evaluate", run=finished_run.id, view="Label errors", suspects="Training images")
    assert is_intact(app)
    text = text_of(app).replace("**", "")
    assert "Estimate: 0.4% of the 1,437 labels are wrong (95% CI 0.1–0.9%, that is 1 to 13 images)" in text
    assert "Suspects to review: 3" in text and "0 confirmed" in text
    assert html_of(app).count("<figure>") == 3 and "suggested: " in html_of(app)
    assert not any(button.label.startswith("Exclude all") for button in app.button), "nothing unseen is excluded"

    judge(finished_run, "training", [3], "right")
    app.run()
    assert html_of(app).count("<figure>") == 2
    click(app, "Select all")
    click(app, "Use suggested class")

    dataset = datasets.open_dataset("digits")
    edits = datasets.edits_of(dataset)
    assert edits.labels == {row: (int(dataset.y_train[row]) + 1) % 10 for row in (7, 40)}
    assert "Reviewed: **3**" in text_of(app)
    click(app, "Train again with my edits")
    assert sent["data"] == "digits"


def click(app, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert is_intact(app)


def test_the_review_can_be_sorted_by_class(finished_run):
    stored_suspects(finished_run)
    app = opened("evaluate", run=finished_run.id, view="Label errors", suspects="Training images")
    labels = np.asarray(datasets.open_dataset("digits").y_train)
    control = next(one for one in app.segmented_control if one.key == "suspects-order")
    control.set_value("By label").run()
    shown = [int(row) for row in re.findall(r'alt="#(\d+):', html_of(app))]
    assert shown == sorted([7, 3, 40], key=lambda row: (labels[row], [7, 3, 40].index(row)))


def test_the_training_label_search_is_offered_and_missing_requirements_are_reported(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Label errors", suspects="Training images")
    assert is_intact(app)
    assert any(button.label == "Check the training labels" for button in app.button)

    (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink()
    app = opened("evaluate", run=finished_run.id, view="Label errors", suspects="Training images")
    assert is_intact(app) and "needs the training images" in text_of(app)
    assert not any(button.label == "Check the training labels" for button in app.button)
