"""Every file of a run folder is damaged in many ways: only this run is affected, with one error, and can be deleted."""

import contextlib
import json
import math
import random
import re
import warnings

import numpy as np
import pytest

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.evaluation import coach, golden, repeated_seeds
from imgcls.evaluation import predictions as evaluated
from imgcls.evaluation.coach import evidence, trying
from imgcls.evaluation.label_errors import reviews, training_set
from imgcls.evaluation.report import replay
from imgcls.evaluation.robustness import evaluate as robustness
from imgcls.inference import activations, input_quality, predictor, served_model
from imgcls.inference.explain import neighbours
from imgcls.inference.rejection import unfamiliar
from imgcls.jobs import estimates, waiting_list
from imgcls.jobs.backends import local
from imgcls.jobs.classroom import leaderboard, work
from imgcls.lessons import Situation
from imgcls.runs import Run, backbone_facts, index, store, trials
from imgcls.runs import assignments as attempts
from imgcls.runs.annotations import holdout_usage, notes, own_metrics, tags, withdrawn
from imgcls.runs.index.described import described
from imgcls.runs.metrics_log import Curves
from imgcls.runs.predictions import (
    epoch_predictions,
    filters,
    fold_predictions,
    live_predictions,
    probes,
    validation_predictions,
)
from imgcls.studies import space
from imgcls.studies.study import read_trial
from imgcls.system import json_files, paths
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.ui.cache import compared_curves
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.explain import probes as probes_view
from imgcls.ui.runs import run_list, table_columns
from imgcls.ui.train.run_parts import live_images
from imgcls.ui.widgets import formatting, run_select
from tests.support.runs import mutations
from tests.support.studies import planned

pytestmark = pytest.mark.timeout(600)
IMAGE = np.zeros((28, 28, 1), np.uint8)
CONFIG = Config.load(paths.repository_folder() / "saved_models" / "digits" / "config.json")
"""The settings of a `mutations.complete_run`."""


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    """No queue is started."""
    monkeypatch.setattr(jobs, "wake", lambda: None)


# ---- what Home, Runs, Train, Evaluate and Predict do with a run


def listed(run: Run) -> None:
    """What every list of runs does with a run, also in a class, in studies and in the shell; nothing may be raised."""
    everything = runs.all_runs()
    assert run in everything
    rows = [(one, run_list.summary(one)) for one in everything]
    for _, about in rows:
        assert about.state in runs.STATES
        formatting.state(about.state, formatting.fraction(about.test))
    indexed = [(one, index.row_of(one)) for one in everything]
    table_columns.table(indexed, [*table_columns.COLUMNS, *table_columns.settings_of([row for _, row in indexed])])
    assert {row["id"] for row in index.search(index.Query(archived=True)).rows} == {one.id for one in everything}
    works = [work.described(one) for one in everything]
    for data in leaderboard.datasets(works):
        leaderboard.ties(leaderboard.places(works, data))
    for one in everything:
        json.dumps(described(one), allow_nan=False)
    repeated_seeds.groups(everything)
    estimates.paces()
    estimates.feature_rates()
    jobs.waiting()
    waiting_list.last_place()
    cached_curves.estimated_start([])
    for one in everything:
        run_select.title(one).encode()
        assert one.has_ended in (True, False)
        _ = one.request, one.is_ready, one.is_tested, one.can_resume, one.is_parked, one.silence
    local.process_of(run)


def trained(run: Run) -> None:
    """What the page of one run does."""
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    for value in (curves.seconds_left, curves.progress, curves.total_epochs, curves.stage_end, curves.features_done):
        assert value is None or math.isfinite(value)
        formatting.duration(value)
    assert math.isfinite(curves.images_per_second)
    for quantity in ("loss", "accuracy"):
        cached_curves.learning_curve(curves, quantity, 0.5, quantity == "loss", forecasts=True)
    for measure in (*compared_curves.VALIDATION, compared_curves.Measure("f1", "own", "f1", is_own=True)):
        compared_curves.comparison((compared_curves.Line(run.id, (compared_curves.key_of(run),)),), measure)
    cached_curves.small_curve(curves, "learning_rate", "rate", "", False)
    config = run.config
    cached_curves.schedule(config)
    estimates.seconds(config, 100, estimates.paces())


def taught(run: Run) -> None:
    """What the checks of lessons do with all runs, of which one is exactly the run that a step asked for."""
    settings = {name: value for name, value in CONFIG.as_dict().items() if name != "version"}
    situation = Situation()
    assert situation.started({}, earlier=True), "the sound run"
    situation.score(settings)
    situation.training_accuracy(settings)
    situation.finished(settings)


def coached(run: Run) -> None:
    coach.findings(evidence.of(run))


def tried(run: Run) -> None:
    found = trying.read(run)
    if found is not None:
        trying.verdict(run, runs.find(found.of))


def replayed(run: Run) -> None:
    replay.page(run).encode()


def pinned(run: Run) -> None:
    for probe in probes.read(run):
        probes_view._strip(probe, datasets.facts("digits"))


def watched(run: Run) -> None:
    live_images._markup(str(run.folder), run.stamp(*live_images.FILES))


def searched(run: Run) -> None:
    """What a study does with a trial."""
    found = read_trial(run, planned())
    space.config_of(planned().base, found.params)  # what the driver does with an open trial
    trials.why_spared(run)


def checked_against_pins(run: Run) -> None:
    golden.previous(run)
    golden.check(run)


def result(run: Run) -> None:
    found = run.result or {}
    if "counts" in found:
        f"{found['counts'].get('test', 0):,}"
    formatting.fraction(found.get("val_accuracy"))
    formatting.duration(found.get("training_seconds"))
    f"{found.get('pictures_per_second', 0):,.0f}"
    if "data" in found:
        int(found["data"]["thrown_out"])
    if run.can_resume and "epochs" in found:
        jobs.extend(run, 2)


def backbone(run: Run) -> None:
    settings = {"backbone": "One of your runs", "backbone_run": run.id}
    backbone_facts.block(settings)


def input_checked(run: Run) -> None:
    """What the input check does: without these statistics it computes its own."""
    with contextlib.suppress(ValueError):
        input_quality.checked(json_files.read(run.folder / input_quality.NAME))


def evaluated_run(run: Run) -> None:
    found = evaluated.read(run)
    assert np.isfinite(found.losses).all()
    assert np.isfinite(found.confused).all()
    stored = found.row_of[found.row_of >= 0]
    assert len(found.images[stored]) == len(stored)


def predicted(run: Run) -> None:
    card = run.card
    assert max(map(len, card.classes)) <= 300
    image = np.zeros(card.shape, np.uint8)
    predictor.classify(run, card, image[None])
    unfamiliar.measure(run, image)


def explained(run: Run) -> None:
    model = activations.load_activation_model(run)
    found = model.activations(IMAGE[None])
    neighbours.unfamiliarity(run, found.features[0])
    nearest = neighbours.examples(run, found.features[0])
    training = neighbours.training_features(run)
    [run.card.classes[int(training.labels[index])] for index in nearest.indices]
    model.gradient_times_activation(IMAGE)


def remembered(run: Run) -> None:
    found = epoch_predictions.read(run)
    if found is not None:
        _ = found.lists, found.learned_at


READERS = {
    "config.json": (trained, taught, coached, replayed, searched, checked_against_pins),
    "result.json": (result, trained, taught, coached, replayed, searched, checked_against_pins),
    "model.json": (predicted, evaluated_run, explained, backbone, coached, replayed, watched, checked_against_pins),
    "metrics.jsonl": (trained, taught, coached, replayed, searched),
    "predictions.npz": (evaluated_run,),
    "gallery.npz": (evaluated_run,),
    "epochs.npz": (remembered, replayed, watched),
    "epochs.bin": (watched,),
    "live.npz": (watched, live_predictions.read),
    "validation.npz": (validation_predictions.read, coached, tried),
    "folds.npz": (fold_predictions.read,),
    "probes.npz": (pinned, replayed),
    "probes.jsonl": (pinned, replayed),
    "filters.jsonl": (filters.read, replayed),
    "test_images.npz": (evaluated_run,),
    "trial.json": (searched,),
    "coach.json": (tried,),
    "assignment.json": (lambda run: attempts.check_change(run.folder, ["learning_rate"]),),
    "notes.json": (notes.read,),
    "own_metrics.jsonl": (lambda run: own_metrics.read(run).series(),),
    "parent.json": (store.parent_of,),
    "owner.json": (work.described,),
    "withdrawn.json": (lambda run: withdrawn.apply(run.folder),),
    "served.json": (served_model.of, predicted),
    "served.tflite": (served_model.of,),
    "robustness.npz": (lambda run: robustness.read(run).by_class("noise", 10),),
    "suspects.npz": (training_set.read,),
    "neighbours.npz": (explained, predicted),
    "inside.npz": (explained, predicted),
    "inside.json": (explained, predicted),
    "inside.tflite": (explained, predicted),
    "model.tflite": (predicted,),
    "doctor.json": (input_checked,),
    "tags.json": (tags.read,),
    "judged.json": (lambda run: reviews.judged(run, "test", "wrong"),),
    "openings.jsonl": (lambda run: formatting.age(holdout_usage.read(run).first or 0.0),),
    "request.json": (lambda run: run.request,),
}
SLOW, SELDOM = (coached, replayed, taught), 12
"""These readers take up to a third of a second, so they see every twelfth damage."""
ALWAYS = (
    "trainer.json",
    "queued.json",
    "process.json",
    "parked.json",
    "label.txt",
    "heartbeat",
    "log.txt",
    "data.json",
)
LISTED = (
    *("config.json", "result.json", "metrics.jsonl", "trial.json", "assignment.json", "notes.json", "parent.json"),
    *("own_metrics.jsonl", "owner.json", *ALWAYS),
)
"""Files that the lists of runs read."""


@pytest.mark.parametrize("name", [*READERS, *ALWAYS])
def test_damage_to_a_file_affects_only_its_run(name, monkeypatch):
    monkeypatch.setenv("IMGCLS_QUANTISED", "on")
    monkeypatch.setattr(served_model.hardware, "multiplies_bytes", lambda: True)
    mutations.small_run("sound-run")
    run = mutations.complete_run("damaged-0000")  # named like the trial of a study
    path = run.folder / name
    original = path.read_bytes()
    for reader in READERS.get(name, ()):
        reader(run)  # intact, it can be read
    for number, (what, content) in enumerate(mutations.damages(path, random.Random(name))):
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                if name in LISTED:
                    listed(run)
                for reader in READERS.get(name, ()):
                    if reader in SLOW and number % SELDOM:
                        continue
                    with contextlib.suppress(UserError, FileNotFoundError):
                        reader(run)
            except (Exception, RecursionError) as error:
                raise AssertionError(f"{name}, {what}: {error!r}") from error
        assert runs.find("sound-run").state == "finished"
    path.write_bytes(original)


def test_every_documented_file_of_a_run_is_damaged():
    documented = re.findall(r"^      (\w+(?:\.(?:json|jsonl|npz|bin|txt|tflite))?) +\S", runs.__doc__ or "", re.M)
    elsewhere = {"checkpoint.npz", "shipped"}  # below, and an empty file
    assert len(documented) > 30
    assert set(documented) - elsewhere <= {*READERS, *ALWAYS}


@pytest.mark.parametrize("name", [*READERS, *ALWAYS])
@pytest.mark.parametrize("instead", ["garbage", "a folder", "nothing"])
def test_a_damaged_run_can_be_deleted(name, instead):
    sound, run = mutations.small_run("sound-run"), mutations.small_run("damaged-run")
    path = run.folder / name
    path.unlink(missing_ok=True)
    if instead == "garbage":
        path.write_bytes(b"\xff" * 100)
    elif instead == "a folder":
        path.mkdir()
        (path / "file").touch()
    listed(run)
    jobs.delete(run)
    assert runs.all_runs() == [sound]


@pytest.mark.parametrize("content", [b"", b"PK", b"\xff" * 100])
def test_a_damaged_checkpoint_gives_a_clear_error(content):
    run = mutations.small_run("damaged-run", **{"checkpoint.npz": content})
    with pytest.raises(UserError, match=r"^The checkpoint of this run is damaged"):
        Checkpoint.read(run.folder / "checkpoint.npz")


def test_an_absurd_value_in_one_result_does_not_affect_estimates_of_others():
    content = f'{{"version": 1, "outcome": "finished", "training_seconds": {mutations.HUGE}}}'
    mutations.small_run("absurd-run", **{"result.json": content.encode()})
    sound = mutations.small_run("sound-run")
    assert [index.row_of(run)["training_seconds"] for run in runs.all_runs()] == [3.0, None]
    assert run_list.summary(sound).state == "finished"


def test_an_excessively_long_class_name_is_refused():
    run = mutations.complete_run("long-name")
    card = json_files.read_object(run.folder / "model.json")
    card["classes"][0] = "x" * 100_000
    (run.folder / "model.json").write_text(json.dumps(card), "utf-8")
    with pytest.raises(UserError, match=r"a class has a name of 100,000 characters, but at most 300 are allowed"):
        run.card  # noqa: B018
