"""A fix as a new run: its settings, its record, and the paired verdict on validation images."""

import json

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.evaluation.coach import trying
from imgcls.evaluation.coach.finding import Finding
from imgcls.runs.predictions import validation_predictions

CARD = {"classes": ["a", "b"], "shape": [8, 8, 1], "ink": False}


@pytest.fixture
def pair(make_run):
    """Two runs with 200 common validation images; the first is right on 120 of them, the second on 180."""
    labels, rows, made = np.arange(200) % 2, np.arange(200), []
    for name, right, order in (("original", 120, slice(None)), ("coached", 180, slice(None, None, -1))):
        run = make_run(name, **{"model.json": CARD})
        said = np.where(rows < right, labels, 1 - labels)
        validation_predictions.write(run, np.eye(2)[said][order], labels[order], rows[order])
        made.append(run)
    return made


def test_changes_go_to_the_run_and_to_the_model_family():
    config = Config(model="ann", model_settings={"dropout": 0.2, "units": 64})
    new = trying.changed(config, Finding("", "", {"model.dropout": 0.4, "learning_rate": 0.01}))
    assert (new.model_settings["dropout"], new.model_settings["units"], new.learning_rate) == (0.4, 64, 0.01)
    assert config.model_settings["dropout"] == 0.2


def test_the_record_names_the_original_and_what_was_excluded(pair):
    original, coached = pair
    assert trying.read(coached) is None
    trying.record(coached, original, Finding("", "Exclude them", excluded=np.array([3, 5]), rule="leakage"))
    assert trying.read(coached) == trying.Attempt("original", "leakage", "Exclude them", (3, 5))


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"version": 1, "of": 3}', b'{"version": 9}'])
def test_a_damaged_record_counts_as_none(pair, content):
    (pair[1].folder / trying.NAME).write_bytes(content)
    assert trying.read(pair[1]) is None


def test_a_record_of_a_deleted_original_counts_as_none(pair):
    content = {"version": 1, "of": "gone-run", "rule": "leakage", "action": "x", "excluded": []}
    (pair[1].folder / trying.NAME).write_text(json.dumps(content))
    assert trying.read(pair[1]) is None


def test_the_verdict_pairs_the_images_of_both_runs(pair):
    original, coached = pair
    found = trying.verdict(coached, original)
    assert found.count == 200
    assert found.both_right + found.only_second == 180 and found.both_right + found.only_first == 120
    assert found.verdict == "better" and found.difference.value == pytest.approx(0.3)
    assert "validation images" in found.sentence("the original", "this run", "validation")


def test_there_is_no_verdict_without_common_images(pair):
    original, coached = pair
    read = validation_predictions.read(coached)
    validation_predictions.write(coached, read.probabilities, read.labels, read.rows + 1000)
    assert trying.verdict(coached, original) is None
