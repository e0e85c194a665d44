"""The replay: what is in the file, that it loads nothing, and what is said of runs that cannot be replayed."""

import base64
import json
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imgcls.errors import RunError
from imgcls.evaluation.report import replay
from imgcls.runs import Run
from imgcls.runs.metrics_log import Curves
from imgcls.runs.predictions import epoch_predictions, filters, probes
from tests.support.training.metrics_logs import PLAN, epoch, lines

HOSTILE = ['</script><img src=x onerror="alert(1)">', "<!--<script>", "\ud800"]
MODEL = {"classes": HOSTILE, "shape": [4, 4, 1], "ink": False, "data": "own-x"}
EPOCHS = [epoch(number, accuracy=0.2 * number, val_accuracy=0.1 + 0.2 * number) for number in (1, 2, 3)]


def known(page: str) -> dict:
    """What the page knows."""
    return json.loads(re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def ended(make_run):
    """A run of three epochs with 30 recorded validation images, of which all of class 1 are learned in epoch 2."""
    result = {"version": 1, "outcome": "finished", "test_accuracy": 0.5, "counts": {"test": 20}}
    files = {"model.json": MODEL, "label.txt": HOSTILE[0].encode(), "result.json": result}
    run = make_run(**files, **{"metrics.jsonl": lines(PLAN | {"epochs": 3}, *EPOCHS)})
    labels = np.arange(30) % 3
    probabilities = np.full((3, 30, 3), 0.1)
    for index in range(3):
        predicted = labels if index else np.where(labels == 1, 2, labels)
        probabilities[index, np.arange(30), predicted] = 0.8
    images = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 1)).astype(np.uint8)
    epoch_predictions.write(run, [1, 2, 3], probabilities, labels, np.arange(30), np.arange(10), images)
    return run


def test_the_file_holds_curves_matrices_images_and_captions(ended):
    page = replay.page(ended)
    found = known(page)
    assert page.count("<path class=") > 4 and found["seconds"] == 24  # of 3 epochs, 5 s each
    assert [line["at"] for line in found["epochs"]] == [8, 13, 18] == [matrix["at"] for matrix in found["matrices"]]
    assert found["matrices"][0]["cells"] == [0, 10, 5, 10, 8, 10] and found["matrices"][2]["cells"] == [
        0,
        10,
        4,
        10,
        8,
        10,
    ]
    assert [caption["detail"] for caption in found["captions"]][1] == "images: 10 → 0"
    assert found["captions"][-1]["at"] > 18 and "of 20 test images" in found["captions"][-1]["detail"]
    assert [image["label"] for image in found["images"]] == [1, 1, 1]
    assert found["images"][0]["states"] == [[8, 2, pytest.approx(0.8, abs=1e-3)], *found["images"][0]["states"][1:]]


def test_the_file_loads_nothing_and_names_cannot_break_out_of_it(ended):
    page = replay.page(ended)
    assert "http:" not in page and "https:" not in page and "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert page.count("</script>") == page.count("<script ") == 2
    assert known(page)["classes"] == [*HOSTILE[:2], "?"]
    page.encode("utf-8")


def test_a_long_training_takes_a_minute(ended):
    many = [epoch(number, val_accuracy=0.5) for number in range(1, 201)]
    (ended.folder / "metrics.jsonl").write_bytes(lines(PLAN | {"epochs": 200}, *many))
    found = known(replay.page(ended))
    times = [caption["at"] for caption in found["captions"]]
    assert found["seconds"] == 60 and found["epochs"][-1]["at"] == 54
    assert len(times) > 1 and np.diff(times).min() >= 2.5


def test_probes_replace_the_validation_images(ended):
    probes.pin(ended, np.full((4, 4, 1), 7, np.uint8))
    probes.append(ended, 2, [1], np.array([[0.1, 0.2, 0.7]]))
    found = known(replay.page(ended))
    assert found["imagesTitle"] == "Probes"
    assert [(image["label"], image["states"]) for image in found["images"]] == [(None, [[13, 2, 0.7]])]


def test_without_predictions_per_epoch_there_are_curves_alone(ended):
    (ended.folder / epoch_predictions.NAME).unlink()
    page = replay.page(ended)
    assert known(page)["matrices"] == known(page)["images"] == [] and 'id="matrix"' not in page
    assert 'class="is-alone"' in page


def cut(path) -> None:
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: cut(run.folder / "epochs.npz"), "The predictions of this run's epochs are damaged"),
        (lambda run: (run.folder / "probes.npz").write_bytes(b"x"), "The probes of this run are damaged"),
        (lambda run: (run.folder / "metrics.jsonl").write_bytes(b"\x00\x00\n"), "metrics.jsonl of this run is damaged"),
        (lambda run: (run.folder / "metrics.jsonl").unlink(), "completed no epoch"),
        (lambda run: (run.folder / "model.json").write_bytes(b"{"), "model.json"),
        (lambda run: (run.folder / "result.json").write_bytes(b"{"), "result.json"),
        (lambda run: (run.folder / "imported.json").write_text("{}"), "was imported"),
        (
            lambda run: epoch_predictions.write(
                run, [1], np.ones((1, 2, 2)), [0, 1], [0, 1], [], np.zeros((0, 4, 4, 1), np.uint8)
            ),
            "The predictions of this run's epochs are damaged",
        ),
    ],
)
def test_a_run_that_cannot_be_replayed_says_why(ended, damage, message):
    damage(ended)
    with pytest.raises(RunError, match=message):
        replay.page(Run(ended.folder))


def test_a_page_learns_of_damaged_probes_before_it_offers_the_file(ended):
    curves = Curves(ended.folder / "metrics.jsonl").refresh()
    replay.check(ended, curves)
    (ended.folder / "probes.npz").write_bytes(b"x")
    with pytest.raises(RunError, match="The probes of this run are damaged"):
        replay.check(ended, curves)


def test_a_run_that_has_not_ended_is_not_replayed(make_run):
    run = make_run(**{"metrics.jsonl": lines(PLAN, *EPOCHS), "queued.json": {"ticket": "a", "position": 1}})
    assert run.state == "queued"
    with pytest.raises(RunError, match="has not ended yet"):
        replay.page(run)


def test_filters_of_the_first_layer_are_shown_beside_the_images(ended):
    assert known(replay.page(ended))["filters"] == [] and 'id="filters"' not in replay.page(ended)
    for number in (1, 2, 3):
        kernel = np.zeros((3, 3, 1, 5), np.float32)
        kernel[0, 0] = number - 2
        filters.append(ended, number, kernel)
    page = replay.page(ended)
    shown = known(page)["filters"]
    assert [entry["at"] for entry in shown] == [8, 13, 18] and 'id="filters"' in page
    sheets = [np.asarray(Image.open(BytesIO(base64.b64decode(entry["image"].partition(",")[2])))) for entry in shown]
    assert sheets[0].shape == (7, 11)  # five filters of 3 x 3 in two rows, a pixel apart
    assert [sheet[0, 0] for sheet in sheets] == [1, 128, 255]
    assert sheets[2][4, 8] == 128  # the sixth place is empty
