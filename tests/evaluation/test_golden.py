"""Pinned images belong to a dataset; a run is compared with the one before it, image by image."""

import json

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.evaluation import golden, predictions
from imgcls.jobs import personal_data
from imgcls.runs import Run
from imgcls.runs.annotations import notes
from imgcls.sharing import NotAllowed, acting_as, people
from imgcls.sharing.visitors import Visitor
from tests.support.runs.golden_runs import later, worse

LATER, LATEST = 3e9, 3.1e9


@pytest.fixture
def pinned(finished_run) -> Run:
    """A run with three images pinned that it predicts correctly."""
    tested = predictions.read(finished_run)
    right = np.flatnonzero(tested.is_right & (tested.row_of >= 0))[:3]
    for index in right:
        label = tested.names[tested.labels[index]]
        golden.pin(finished_run.card.data, tested.images[tested.row_of[index]], label, f"test image {index}")
    return finished_run


def test_without_pinned_images_there_is_no_report(finished_run):
    assert golden.check(finished_run) is None


def test_the_first_run_has_nothing_to_be_compared_with(pinned):
    report = golden.check(pinned)
    assert report.before is None and report.sentence() == "Golden set: 3 of 3 correct."
    assert not report.fixed and not report.broken


def test_what_the_run_before_predicted_correctly_must_not_fail(pinned):
    broken = worse(pinned, "second", LATER)
    report = golden.check(broken)
    assert report.before == pinned and len(report.broken) == 3 and not report.fixed
    label = pinned.label
    assert report.sentence() == f"Golden set: 0 fixed, 3 broken since “{label}”; 0 of 3 correct."
    repaired = golden.check(later(pinned, "third", LATEST))
    assert repaired.before == broken and len(repaired.fixed) == 3 and not repaired.broken
    assert golden.check(broken, before=Run(broken.folder.with_name("third"))).broken, "any run can be compared with"
    json.dumps(repaired.as_json(), allow_nan=False)


def test_an_archived_run_is_no_baseline(pinned):
    broken, newest = worse(pinned, "second", LATER), later(pinned, "third", LATEST)
    assert golden.previous(newest) == broken
    notes.archive(broken, archived=True)
    assert golden.previous(newest) == pinned and not golden.check(newest).fixed


def test_a_run_that_continues_another_is_compared_with_that_one(pinned):
    broken, newest = worse(pinned, "second", LATER), later(pinned, "third", LATEST)
    (newest.folder / "parent.json").write_text(json.dumps({"run": pinned.id}))
    assert golden.previous(newest) == pinned and golden.earlier(newest, 5) == [pinned, broken]


def test_an_image_is_pinned_once_and_takes_a_new_class(pinned):
    data = pinned.card.data
    first = golden.images(data)[0]
    golden.pin(data, first.pixels, "7", "again")
    assert len(golden.images(data)) == 3
    assert next(one for one in golden.images(data) if one.digest == first.digest).label == "7"
    golden.remove(data, [first.digest, "../../x"])
    assert len(golden.images(data)) == 2


def test_images_that_do_not_fit_the_model_are_counted(pinned):
    golden.pin(pinned.card.data, np.zeros((9, 9, 3), np.uint8), "0", "too small")
    golden.pin(pinned.card.data, np.zeros(pinned.card.shape, np.uint8), "heart", "no class of the model")
    report = golden.check(pinned)
    assert report.unused == 2 and "2 pinned images do not fit this model" in report.sentence()


def test_a_damaged_file_is_left_out(pinned):
    path = next((golden.root() / pinned.card.data).glob("*.npz"))
    path.write_bytes(path.read_bytes()[:40])
    assert len(golden.images(pinned.card.data)) == 2


def test_a_set_has_a_limit_and_a_hostile_name_stays_inside(pinned, monkeypatch):
    monkeypatch.setattr(golden, "MOST", 3)
    with pytest.raises(RunError, match="is full"):
        golden.pin(pinned.card.data, np.zeros(pinned.card.shape, np.uint8), "0", "one more")
    golden.pin("../../outside", np.zeros((2, 2, 1), np.uint8), "0", "hostile")
    assert len(golden.images("../../outside")) == 1
    assert not list(golden.root().parent.parent.glob("outside*"))


def test_visitors_have_sets_of_their_own_and_take_them_along(pinned, monkeypatch):
    data = pinned.card.data
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    ann = Visitor("ann0000000000000000000", people.Role.MEMBER)
    with acting_as(ann):
        assert golden.images(data) == []
        golden.pin(data, np.zeros(pinned.card.shape, np.uint8), "0", "mine")
        assert len(golden.images(data)) == 1
        folder = golden.root()
    with acting_as(Visitor("bob0000000000000000000", people.Role.MEMBER)):
        assert golden.images(data) == []
    personal_data.delete_everything(ann)
    assert not folder.exists()
    monkeypatch.setenv("IMGCLS_MODE", "read-only")
    with acting_as(ann), pytest.raises(NotAllowed):
        golden.pin(data, np.zeros(pinned.card.shape, np.uint8), "0", "not here")
