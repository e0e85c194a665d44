"""File names next to every image of the Evaluate page and in its files, as plain text."""

import csv
import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets.store.records import Records
from imgcls.evaluation import report
from imgcls.evaluation.label_errors.reviews import judge
from imgcls.runs import Run
from imgcls.ui.cache import predictions
from imgcls.ui.evaluate.parts.images import suspect_test_images
from imgcls.ui.evaluate.parts.selection import selection_state
from tests.support.pages import is_intact, opened, text_of
from tests.support.runs.evaluations import grouped_run, stored_robustness, stored_suspects

TEST, TRAINING = "scans/&lt;b&gt;", "leaves/&lt;b&gt;"


@pytest.fixture
def named(finished_run, monkeypatch) -> Run:
    """A run on images with file names, training images in leaves/ and test images in scans/, and all results."""
    dataset = datasets.open_dataset("digits")
    names = [f"leaves/<b>{row}</b>.png" for row in range(len(dataset.y_train))]
    tests = [f"scans/<b>{row}</b>.png" for row in range(len(dataset.y_test))]
    known = replace(dataset, records=Records({"train": names, "test": tests}))
    monkeypatch.setattr(predictions, "dataset", lambda name: known)
    stored_robustness(finished_run)
    stored_suspects(finished_run)
    shutil.copytree(finished_run.folder, finished_run.folder.with_name("other"))
    with np.load(finished_run.folder / "predictions.npz") as stored:
        content = dict(stored)
    content["probabilities"][:4] = np.eye(10)[(content["labels"][:4] + 1) % 10]
    np.savez(finished_run.folder / "predictions.npz", **content)
    grouped_run(Run(finished_run.folder.with_name("other")))
    return grouped_run(finished_run)


def shown(run: Run, view: str, **query: str) -> str:
    app = opened("evaluate", run=run.id, view=view, **query)
    assert is_intact(app), text_of(app)
    return "\n".join(str(block.proto.body) for block in app.get("html"))


def without_names(html: str) -> list[str]:
    """The images without a file name: those of the run are all in a figure."""
    return [figure for figure in html.split("<figure>")[1:] if 'class="file"' not in figure.partition("</figure>")[0]]


@pytest.mark.parametrize("view", ["Errors", "Per class", "Per group", "Compare", "Label errors"])
def test_every_image_of_the_test_set_has_its_file_name(named, view):
    html = shown(named, view, other="other")
    assert TEST in html and "<b>1" not in html
    assert not without_names(html)


def test_a_single_image_and_its_activations_have_a_file_name(named):
    html = shown(named, "Single image", image="3")
    assert '<small class="file">scans/&lt;b&gt;3&lt;/b&gt;.png' in html
    assert not without_names(html)
    assert TRAINING in html, "the most similar training images"
    assert '<small class="file">Test image 3, scans/&lt;b&gt;3' in shown(named, "Activations", image="3")


def test_the_images_of_the_epoch_history_have_their_file_names(named):
    html = shown(named, "Epoch history", epoch="1")
    assert TRAINING in html and not without_names(html)


def test_the_corrupted_images_have_their_file_names(named):
    html = shown(named, "Robustness", corruption="noise", strength="3")
    assert html.count(TEST) >= 12


def test_the_suspects_of_the_training_set_have_their_file_names(named):
    html = shown(named, "Label errors", suspects="Training images")
    assert TRAINING in html and not without_names(html)


def test_training_images_of_a_dataset_that_has_changed_get_no_names(named):
    content = json.loads((named.folder / "data.json").read_text())
    (named.folder / "data.json").write_text(json.dumps(content | {"fingerprint": "another"}))
    assert predictions.training_files(named, [0, 1]) == ("", "")
    assert TRAINING not in shown(named, "Epoch history", epoch="1")
    (named.folder / "data.json").write_bytes(b"{")
    assert predictions.training_files(named, [0, 1]) == ("", "")


def test_the_names_of_training_images_are_looked_up_once(named, monkeypatch):
    reads, read = [], datasets.read_edits
    monkeypatch.setattr(datasets, "read_edits", lambda path: reads.append(path) or read(path))
    first = predictions.training_files(named, [0, 1])
    assert all(first) and predictions.training_files(named, [1, 0]) == first[::-1]
    assert len(reads) == 1


def test_the_files_of_a_run_have_the_file_names(named):
    found = predictions.single_label_predictions(named)
    page = report.page(named, found)
    assert page.count("scans/&lt;b&gt;") >= 4 and "<b>0" not in page
    rows = list(csv.DictReader(io.StringIO(report.predictions_csv(found).decode("utf-8-sig"))))
    assert rows[7]["file"] == "scans/<b>7</b>.png" and rows[7]["group"] in ("Ann", "<i>Bob</i>", "Cy")
    assert report.collect(named, found)["test"]["worst_errors"][0]["file"].startswith("scans/")


def test_suspected_test_labels_are_downloaded_with_their_file_names_and_reviews(named):
    judge(named, "test", [0], "wrong")
    judge(named, "test", [1, 300], "right")
    app = opened("evaluate", run=named.id, view="Label errors")
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Suspected label errors (CSV)", "Suspected label errors (JSON)"]
    listed = suspect_test_images.listed(selection_state.key_of(named), {1, 300}, {0})
    rows = [dict(zip(listed, row, strict=True)) for row in zip(*listed.values(), strict=True)]
    of_image = {row["row"]: row for row in rows}
    assert {0, 1, 2, 3, 300} <= of_image.keys()
    assert [of_image[image]["review"] for image in (0, 1, 2, 300)] == [
        "label wrong",
        "label confirmed",
        "",
        *(["label confirmed"]),
    ]
    truth = int(predictions.single_label_predictions(named).labels[0])
    assert of_image[0]["file"] == "scans/<b>0</b>.png" and of_image[0]["label"] == str(truth)
    assert of_image[0]["suggested"] == str((truth + 1) % 10) and of_image[0]["probability of label"] < 0.01
    assert of_image[300]["suggested"] == "" and of_image[300]["probability of label"] is None
