"""Each way reports more than is honest, on any dataset; the honest number is what new images say."""

from types import SimpleNamespace

import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError
from imgcls.lessons import worthless
from imgcls.lessons.worthless import WAYS


@pytest.fixture(scope="module")
def blobs():
    """Ten overlapping clusters: a problem that can be solved, but not without errors."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(10, 8)) * 1.3
    labels = generator.integers(0, 10, 900)
    return SimpleNamespace(x_train=centres[labels] + generator.normal(size=(900, 8)), y_train=labels)


@pytest.mark.parametrize("way", WAYS, ids=[way.title for way in WAYS])
def test_the_reported_score_is_higher_than_the_honest_one(way, blobs):
    great, true = way.scores(worthless.sample(blobs))
    assert 0 <= true < great <= 1


def test_the_images_of_the_honest_score_were_never_used(blobs):
    data = worthless.sample(blobs)
    known = {image.tobytes() for image in np.concatenate([data.known, data.new])}
    assert not known & {image.tobytes() for image in data.later}


def test_nonsense_is_memorised_and_worth_no_more_than_a_guess(blobs):
    great, true = WAYS[4].scores(worthless.sample(blobs))
    assert great == 1 and true < 0.25


def test_there_are_seven():
    assert len(WAYS) == len({way.title for way in WAYS}) == 7


def test_too_few_images_are_refused():
    few = SimpleNamespace(x_train=np.zeros((20, 2, 2, 1)), y_train=np.zeros(20, int))
    with pytest.raises(DatasetError, match="at least"):
        worthless.sample(few)


def test_a_dataset_with_several_labels_is_refused(monkeypatch):
    monkeypatch.setattr(datasets, "facts", lambda name: SimpleNamespace(is_multilabel=True))
    with pytest.raises(DatasetError, match="one label"):
        worthless.of_dataset("mine")
