"""The sections Compare, Robustness, Label errors and Report of the Evaluate page."""

import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pytest

from imgcls import datasets, runs
from imgcls.config import Config
from imgcls.evaluation import predictions as evaluated
from imgcls.evaluation import report
from imgcls.evaluation.label_errors.reviews import judge, judged
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.robustness import evaluate
from imgcls.runs import Run
from imgcls.system import paths
from imgcls.ui.app import links
from imgcls.ui.cache import predictions
from imgcls.ui.evaluate.parts import headline
from imgcls.ui.evaluate.sections import per_class
from imgcls.ui.runs.table_parts import table_rows
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import formatting
from tests.support.pages import HOSTILE, html_of, is_intact, opened, text_of
from tests.support.runs.evaluations import grouped_run, stored_robustness, stored_suspects


@pytest.fixture
def two_runs(finished_run) -> tuple[Run, Run]:
    """The small run, and one with a hostile name that misclassifies the first thirty images."""
    folder = finished_run.folder.with_name("worse")
    shutil.copytree(finished_run.folder, folder)
    with np.load(folder / "predictions.npz", allow_pickle=False) as file:
        probabilities, labels = file["probabilities"].copy(), file["labels"]
    probabilities[:30] = np.eye(10)[(labels[:30] + 1) % 10]
    np.savez(folder / "predictions.npz", probabilities=probabilities, labels=labels)
    other = Run(folder)
    other.rename(HOSTILE[0][:50])
    return finished_run, other


def test_compare_names_the_better_run_and_shows_the_images(two_runs):
    run, other = two_runs
    app = opened("evaluate", run=run.id, view="Compare", other=other.id)

    assert is_intact(app)
    assert "A is better than B" in html_of(app) and "on 360 test images" in html_of(app)
    assert "&lt;img src=x" in html_of(app) and "<img src=x" not in html_of(app)
    assert "All settings are the same." in text_of(app)
    app.session_state["compared-images"] = "Only B correct"
    app.run()
    assert is_intact(app)
    assert "No images to show." in text_of(app)
    app.session_state["compared-images"] = "Only A correct"
    app.run()
    gallery = next(piece for piece in html_of(app).split("\n") if 'class="tiles"' in piece)
    assert gallery.count("✓ A:") == gallery.count("✗ B:") > 10


def test_compare_without_another_run_says_what_to_do(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Compare")

    assert is_intact(app)
    assert "There is no other run with these classes" in text_of(app)
    next(one for one in app.button if one.label == "Train again with changes").click().run()
    assert is_intact(app) and app.title[0].value == "Train a model"


@pytest.mark.parametrize("other", ["none", "../x", "", "$x$<b>"])
def test_a_link_without_a_run_to_compare_with_is_reported(two_runs, other):
    app = opened("evaluate", run=two_runs[0].id, view="Compare", other=other)

    assert is_intact(app)
    assert ("cannot be compared with this one" in text_of(app)) == bool(other)


def test_runs_on_different_images_are_not_compared(two_runs):
    run, other = two_runs
    with np.load(other.folder / "predictions.npz", allow_pickle=False) as file:
        content = dict(file)
    np.savez(other.folder / "predictions.npz", **content | {"labels": content["labels"][::-1]})
    assert "tested on different images" in text_of(opened("evaluate", run=run.id, view="Compare", other=other.id))

    np.savez(other.folder / "predictions.npz", **content)
    with np.load(other.folder / "gallery.npz", allow_pickle=False) as file:
        images = dict(file)
    np.savez(other.folder / "gallery.npz", **images | {"pictures": 255 - images["pictures"]})
    assert "same test labels but different test images" in text_of(
        opened("evaluate", run=run.id, view="Compare", other=other.id)
    )

    (other.folder / "predictions.npz").write_bytes(b"PK truncated")
    assert "are damaged" in text_of(opened("evaluate", run=run.id, view="Compare", other=other.id))


def test_a_run_on_other_images_is_not_chosen_by_itself(two_runs):
    run, other = two_runs
    card = json.loads((other.folder / "model.json").read_text())
    (other.folder / "model.json").write_text(json.dumps(card | {"data": "mnist"}))

    app = opened("evaluate", run=run.id, view="Compare")

    assert is_intact(app) and app.selectbox(key="other-run").value is None and "other" not in app.query_params
    assert f"Train a second model on {datasets.facts(run.card.data).title} first" in text_of(app)
    next(one for one in app.button if one.label == "Train again with changes").click().run()
    assert is_intact(app) and app.title[0].value == "Train a model"


def test_the_runs_table_links_to_the_comparison(two_runs, monkeypatch):
    gone = []
    monkeypatch.setattr(links, "go", lambda page, **query: gone.append((page, query)))
    app = opened("runs")
    app.session_state[table_rows.SELECTED] = [run.id for run in runs.all_runs()]
    app.run()

    next(button for button in app.button if button.label == "Which is better?").click().run()

    first, second = (run.id for run in runs.all_runs())
    assert gone == [("evaluate.py", {"run": second, "view": "Compare", "other": first})]


def test_the_report_is_created_on_request(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Report")

    assert is_intact(app)
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Report (HTML)", "All numbers (JSON)", "Scores by class (CSV)", "All predictions (CSV)"]


def test_robustness_is_offered_and_missing_requirements_are_reported(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Robustness")
    assert is_intact(app)
    assert any(button.label == "Evaluate robustness" for button in app.button)
    assert html_of(app).count("The same image with ") >= 8, "what will be tested"

    (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink()
    app = opened("evaluate", run=finished_run.id, view="Robustness")
    assert is_intact(app)
    assert "needs the test images" in text_of(app) and "not prepared yet" in text_of(app)
    assert not any(button.label == "Evaluate robustness" for button in app.button)


@pytest.fixture
def damaged_run(finished_run) -> Run:
    """The small run with robustness results: half of the predictions under noise are wrong."""
    stored_robustness(finished_run)
    return finished_run


def test_robustness_shows_the_results_and_recommended_training(damaged_run, monkeypatch):
    sent = {}
    monkeypatch.setattr(links, "train", lambda **values: sent.update(values))
    app = opened("evaluate", run=damaged_run.id, view="Robustness", corruption="noise", strength="3")

    assert is_intact(app)
    assert html_of(app).count("data:image/svg+xml") == 8
    assert "180 images predicted correctly without this corruption but incorrectly with it" in text_of(app)
    assert "with noise of strength 3, predicted as" in html_of(app)
    assert "**50.0%** accuracy at strength 3 (" in text_of(app) and "On the original images: 100.0%." in text_of(app)
    app.button(key="train-robust").click().run()
    config = damaged_run.config
    assert sent["noise"] == 36 and sent["data"] == "digits" and sent["cnn.filters"] == config.model_settings["filters"]
    assert sent["epochs"] == config.epochs


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


def test_the_training_label_search_is_offered_and_missing_requirements_are_reported(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Label errors", suspects="Training images")
    assert is_intact(app)
    assert any(button.label == "Check the training labels" for button in app.button)

    (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink()
    app = opened("evaluate", run=finished_run.id, view="Label errors", suspects="Training images")
    assert is_intact(app) and "needs the training images" in text_of(app)
    assert not any(button.label == "Check the training labels" for button in app.button)


def test_the_form_takes_over_all_settings_of_a_run(digits):
    """Using what a button of another page sends, including an image count that is not in the list."""
    config = Config(
        data="digits", train_images=333, model_settings={"filters": 8}, epochs=3, rotation=7, schedule="cosine", seed=5
    )
    app = opened("train", patience="9", zoom="0.2", optimizer="sgd")
    assert in_form(app)["patience"] == 9
    app.session_state[links.PRESET] = settings_form.form_of(config)
    app.run()

    assert is_intact(app)
    shown, wanted = in_form(app), settings_form.form_of(config)
    assert {name: shown[name] for name in wanted if name in shown} == {
        name: value for name, value in wanted.items() if name in shown
    }
    assert {"data", "train_images", "epochs", "rotation", "schedule", "cnn.filters"} <= shown.keys()
    in_url = {name: text if isinstance(text, str) else text[0] for name, text in dict(app.query_params).items()}
    assert in_url == settings_form.query_of(wanted), "a reload must show the same form"

    next(button for button in app.button if button.label == "Start").click().run()
    assert runs.all_runs()[0].config == config


def in_form(app) -> dict:
    """The value of each rendered control by its key."""
    return {widget.key: widget.value for kind in (app.selectbox, app.number_input, app.slider) for widget in kind}


def broken(run: Run, how: str) -> None:
    """Makes a run invalid."""
    if how == "answers that are no numbers":
        with np.load(run.folder / "predictions.npz", allow_pickle=False) as file:
            content = dict(file)
        content["probabilities"][::3] = np.nan
        np.savez(run.folder / "predictions.npz", **content)
    elif how == "one class in the test set":
        with np.load(run.folder / "predictions.npz", allow_pickle=False) as file:
            content = dict(file)
        np.savez(run.folder / "predictions.npz", **content | {"labels": np.full_like(content["labels"], 3)})
    elif how == "no pictures and no settings":
        for name in ("gallery.npz", "config.json", "result.json", "metrics.jsonl"):
            (run.folder / name).unlink()
    elif how == "names that hold anything":
        model = json.loads((run.folder / "model.json").read_text())
        names = [*HOSTILE, "line\nbreak", "half \ud83d", "", " ", "a" * 300, "=1+1"]
        (run.folder / "model.json").write_text(json.dumps(model | {"classes": names}))
    else:
        (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink(missing_ok=True)


@pytest.mark.parametrize(
    "how",
    [
        "answers that are no numbers",
        "one class in the test set",
        "no pictures and no settings",
        "names that hold anything",
        "the data set is gone",
    ],
)
def test_every_view_survives_invalid_runs(damaged_run, how):
    stored_suspects(damaged_run)
    shutil.copytree(damaged_run.folder, damaged_run.folder.with_name("other"))
    other = Run(damaged_run.folder.with_name("other"))
    for run in (damaged_run, other):
        broken(run, how)

    for view in ("Compare", "Robustness", "Label errors", "Report"):
        app = opened("evaluate", run=damaged_run.id, view=view, other="other")
        assert is_intact(app), view
        assert "<img src=x" not in html_of(app)
    assert is_intact(
        opened("evaluate", run=damaged_run.id, view="Label errors", suspects="Training images", other="other")
    )
    tested = predictions.single_label_predictions(damaged_run)
    assert report.page(damaged_run, tested).count("<script") == 0
    json.dumps(report.collect(damaged_run, tested), allow_nan=False)
    assert report.scores_csv(tested) and report.predictions_csv(tested)


@pytest.mark.parametrize(
    ("scores", "start"), [([99.2, 99.8], 99), ([97.0, 100.0], 95), ([81.8, 99.0], 70), ([20.0, 99.0], 0), ([None], 0)]
)
def test_the_bars_of_the_classes_begin_below_the_lowest_score(scores, start):
    table = pa.table({"Class": [str(one) for one in scores], "F1 (%)": pa.array(scores, pa.float64())})
    assert per_class._start(table) == start
