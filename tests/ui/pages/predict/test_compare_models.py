"""Comparing models: the card of each, and whether their predictions are comparable."""

from dataclasses import replace

import numpy as np

from imgcls.inference import Answer
from imgcls.runs.results import ModelCard
from imgcls.ui.predict import compare_models
from imgcls.ui.predict.compare_models import ModelResult

ONE = ModelCard(classes=("boat", "sea", "sky"), shape=(8, 8, 3))
SEVERAL = replace(ONE, is_multilabel=True, threshold=0.5)


def result(card: ModelCard, *probabilities: float) -> ModelResult:
    row = np.array(probabilities, np.float32)
    return compare_models._result("a run", Answer("", row, float(row.max()), None, np.zeros(card.shape)), card, None)


def test_a_single_label_model_predicts_its_most_probable_class():
    found = result(ONE, 0.1, 0.2, 0.7)
    assert found.name == "sky"
    assert found.details == "70.0% · then sea 20.0%"


def test_a_multi_label_model_predicts_all_labels_above_the_threshold():
    assert result(SEVERAL, 0.1, 0.6, 0.9).name == "sea, sky"
    assert result(SEVERAL, 0.1, 0.9, 0.6).name == "sea, sky", "the same set in another order is the same prediction"
    assert result(SEVERAL, 0.1, 0.2, 0.4).name == "No label"
    assert "sky 40.0% · then sea 20.0%" in result(SEVERAL, 0.1, 0.2, 0.4).details


def test_single_label_and_multi_label_models_are_not_compared():
    assert compare_models._difference(ONE, ONE) == compare_models._difference(SEVERAL, SEVERAL) == ""
    assert compare_models._difference(ONE, SEVERAL) == "It is a multi-label model."
    assert compare_models._difference(SEVERAL, ONE) == "It is a single-label model."
    assert compare_models._difference(ONE, replace(SEVERAL, classes=("boat",))) == "It has different classes."
