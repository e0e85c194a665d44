"""A learning curve is made of ordinary runs that differ in seed and number of images, and trains none of them twice."""

import json

import filelock
import pytest

from imgcls import jobs, runs
from imgcls.errors import RunError
from imgcls.jobs.queue import LOCK
from imgcls.runs import trials
from imgcls.studies import learning_curve
from imgcls.system import paths
from tests.support.runs.repeated import at_sizes

FALLING = {144: (100, 110), 259: (60, 66), 460: (36, 40), 805: (20, 24), 0: (10, 12)}


@pytest.fixture
def no_queue(own_folders):
    """Nobody starts a queue while its lock is held."""
    paths.runs_folder().mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(paths.runs_folder() / LOCK):
        yield


def test_runs_that_differ_in_seed_and_size_are_a_curve(finished_run):
    made = at_sizes(finished_run, FALLING)
    (made[0].folder / "config.json").write_text(
        json.dumps(json.loads((made[0].folder / "config.json").read_text()) | {"epochs": 99})
    )
    found = learning_curve.members(finished_run, runs.all_runs())
    # The run itself was trained on all images with seed 0, as was the copy: one of the two counts.
    assert len(found) == 9 and {run.id for run in made[1:-2]} <= {run.id for run in found}
    assert made[0].id not in {run.id for run in found}, "it has other settings"
    curve = learning_curve.read(found)
    assert curve.images[0] == 144 and curve.largest == curve.images[-1] > 805
    assert list(curve.images) == sorted(curve.images)
    # The errors fall steadily, so more images help, within the band.
    twice, now = curve.accuracy(2.0), curve.accuracy(1.0)
    assert twice.low <= twice.value <= twice.high and twice.value > now.value
    assert f"{2 * curve.largest:,}" in curve.verdict() and "an estimate" in curve.verdict()


def test_every_class_with_enough_test_images_has_its_own_curve(finished_run):
    at_sizes(finished_run, FALLING)
    curve = learning_curve.read(learning_curve.members(finished_run, runs.all_runs()))
    assert len(curve.classes) == 10
    assert [one.gain.value for one in curve.classes] == sorted((one.gain.value for one in curve.classes), reverse=True)
    json.dumps(curve.as_json(), allow_nan=False)


def test_runs_on_another_version_of_the_dataset_are_left_out(finished_run):
    for run in at_sizes(finished_run, FALLING)[:2]:
        result = json.loads((run.folder / "result.json").read_text())
        (run.folder / "result.json").write_text(
            json.dumps(result | {"data": {"state": "edited", "thrown_out": 1, "relabelled": 0}})
        )
    found = learning_curve.members(finished_run, runs.all_runs())
    assert not [run for run in found if run.id.startswith("size144")]


def test_what_exists_or_waits_is_not_queued_again(finished_run, no_queue):
    first = learning_curve.start(finished_run, 1)
    sizes = [run.config.train_images for run in first]
    assert sizes == sorted(sizes) and 0 not in sizes, "the run itself is the one on all images"
    assert learning_curve.start(finished_run, 1) == []
    assert {run.id for run in learning_curve.under_way(finished_run, runs.all_runs())} == {run.id for run in first}
    more = learning_curve.start(finished_run, 2)
    assert {run.config.seed for run in more} == {finished_run.config.seed + 1}
    jobs.take_out(first[0])


def test_too_few_sizes_and_trials_are_refused(finished_run):
    with pytest.raises(RunError, match="4 different numbers of training images; so far there are runs with 1"):
        learning_curve.read(learning_curve.members(finished_run, runs.all_runs()))
    (finished_run.folder / "trial.json").write_text(json.dumps(trials.TrialRecord("s", 0, {}).as_dict()))
    with pytest.raises(RunError, match="trial of a study"):
        learning_curve.planned(finished_run, 1)
