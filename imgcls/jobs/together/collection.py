"""The class trains one model on its drawings or photos, through the ordinary queue.

Cross-validation gives every drawing a prediction by a model that has not seen it, nor its writer if there are enough
writers. These go to the pool, so that the errors shown are honest; which drawing was which image is kept in
<own data>/.rooms/<room ID>/trained.json until then.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.datasets.importing.sources import items
from imgcls.errors import UserError
from imgcls.evaluation import predictions
from imgcls.jobs.together import activities, dataset, photos, sending
from imgcls.jobs.together.activities import Activity, Kind
from imgcls.jobs.together.pool import Pool
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.metrics_log import ENDING, Curves
from imgcls.runs.predictions import fold_predictions
from imgcls.sharing import acting_as
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.visitors import SERVER
from imgcls.system import atomic, file_times, json_files

NAME = "trained.json"
FOLDS = 3
STEPS = 400
"""Batches of a training run, about: few drawings are shown more often."""
EPOCHS = (6, 40)
BATCH = 32
MOST_NAMED = 8
BACKBONE, PHOTO_EPOCHS = "MobileNet 0.25", 20


Part = tuple[str, dict[str, int]]
"""A sentence, which the phones translate, and the numbers in it."""
WAITING, STARTING, PAUSED = N_("Waiting for its turn."), N_("Starting, which can take a minute."), N_("Paused.")
LEARNING = N_("Learning: round {done} of {total}.")
NEW_PEOPLE = N_("Test {done} of {total}, with people from whom it has not learned.")
NEW_EXAMPLES = N_("Test {done} of {total}, with examples from which it has not learned.")
SAVING = N_("Saving the model.")
SOON, LATER = N_("Estimate: less than a minute left."), N_("Estimate: {minutes} min left.")


@dataclass(frozen=True)
class Progress:
    """Of the training of the class: the state of the run, and what it does; nothing if it is over.

    `parts` is for everybody; `problem` why it failed. `folds` are the tests that follow the training.
    """

    run: str
    state: str
    parts: tuple[Part, ...] = ()
    problem: str = ""
    folds: int = 0

    @property
    def share(self) -> float | None:
        """How much of the training and the tests after it is done, 0 to 1; None if that is not known."""
        text, values = self.parts[0] if self.parts else ("", {})
        if not values.get("total"):
            return None
        done = (values["done"] - 1) / values["total"]
        return done / (1 + self.folds) if text == LEARNING else (1 + done * self.folds) / (1 + self.folds)

    @property
    def text(self) -> str:
        return self.problem or " ".join(_(text).format(**values) for text, values in self.parts)


def too_few(room: Room, activity: Activity) -> str:
    """Why the model cannot be trained yet, in the language of the visitor; "" if it can."""
    drawings = sending.pool_of(room, activity)
    drawn, distinct = Counter(drawings.labels().values()), drawings.distinct()
    lacking = [label for label in range(len(activity.classes)) if distinct.get(label, 0) < items.MIN_IMAGES]
    if not lacking:
        return ""
    photos, sketches = _("At least {count} photos of each: {names}"), _("At least {count} drawings of each: {names}")
    text = (photos if activity.has_photos else sketches).format(
        count=items.MIN_IMAGES, names=_listed([activity.classes[label] for label in lacking])
    )
    twice = [label for label in lacking if drawn[label] > distinct.get(label, 0)]
    if not twice:
        return text
    counted = [_("{name} has {count}").format(name=activity.classes[n], count=distinct.get(n, 0)) for n in twice]
    note = (
        _("Identical photos count once: {list}") if activity.has_photos else _("Identical drawings count once: {list}")
    )
    return f"{text}. {note.format(list=_listed(counted))}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def train(room: Room) -> Run:
    """Make a dataset of the drawings and queue a training run on it. Its run belongs to the present visitor.

    Raises:
        NotAllowed: they are not the teacher of the class.
        UserError: a class has too few drawings, a training run is under way, or their share of the server is used up.
    """
    activities.require_teacher(room)
    activity = activities.find(room)
    if activity is None or activity.kind is not Kind.COLLECTION:
        raise UserError("No drawings are being collected in this class.")
    if (now := progress(activity)) is not None and now.text:
        raise UserError("The model is being trained. Wait until it is done.")
    try:
        made = dataset.make(
            sending.pool_of(room, activity),
            activity.classes,
            f"{'Photos' if activity.has_photos else 'Drawings'} of class {room.code}",
        )
    except OSError as error:
        raise UserError(f"The dataset could not be written: {error.strerror}. Free some disk space.") from error
    run = jobs.begin(_config(made, has_photos=activity.has_photos), f"Class {room.code}")
    atomic.write_json(activities.folder(room) / NAME, {"run": run.id, "train": made.train, "test": made.test})
    until = max((*made.train, *made.test))
    activities.change(room, model=run.id, data=made.name, trained_until=until, has_groups=made.has_groups)
    return run


def _config(made: dataset.Made, *, has_photos: bool) -> Config:
    images = len(made.train)
    folds = min(FOLDS, images // 4) if images >= 12 else 0
    validation = min(100, images // 4)
    if has_photos:  # too few to learn from alone
        return Config(
            data=made.name,
            model="transfer",
            model_settings={"backbone": BACKBONE, "input_size": photos.SHAPE[0]},
            epochs=PHOTO_EPOCHS,
            batch_size=BATCH,
            folds=folds,
            validation_minimum=validation,
        )
    low, high = EPOCHS
    epochs = min(max(round(STEPS * BATCH / images), low), high)
    return Config(
        data=made.name,
        model="cnn",
        epochs=epochs,
        batch_size=BATCH,
        folds=folds,
        validation_minimum=validation,
        rotation=10,
        shift=2,
        zoom=0.1,
    )


def progress(activity: Activity) -> Progress | None:
    """How far the training of the class is; None if there was none."""
    if not activity.model or activity.kind is not Kind.COLLECTION:
        return None
    with contextlib.suppress(UserError), acting_as(SERVER):
        run = run_of(activity)
        state = run.state
        if state in ("queued", "starting", "paused"):
            text = {"queued": WAITING, "starting": STARTING, "paused": PAUSED}[state]
            return Progress(run.id, state, ((text, {}),))
        if state == "running":
            curves = Curves(run.folder / "metrics.jsonl").refresh()
            parts = steps(curves, run.config.folds, file_times.age(curves.path) or 0.0, has_groups=activity.has_groups)
            return Progress(run.id, state, parts, folds=run.config.folds)
        message = str((run.result or {}).get("message", "")) if state == "failed" else ""
        return Progress(run.id, state, problem=message)
    return Progress(activity.model, "deleted")


def steps(curves: Curves, folds: int, quiet: float, *, has_groups: bool) -> tuple[Part, ...]:
    """What a running training does at the moment, and an estimate of the time left, once an epoch has been timed.

    Args:
        folds: Of its cross-validation, which comes last; each takes about as long as the training.
        quiet: Seconds since the last line was written: since the present fold began.
    """
    total, done = curves.total_epochs, int(curves.epochs[-1]["epoch"]) if curves.epochs else 0
    if curves.phase in ENDING:
        return ((SAVING, {}),)
    if not total:
        return ((STARTING, {}),)
    part: Part = (LEARNING, {"done": min(done + 1, total), "total": total})
    epochs = total * (1 + folds) - done
    if curves.fold:
        number, folds = int(curves.fold["number"]), int(curves.fold["total"])
        part = (NEW_PEOPLE if has_groups else NEW_EXAMPLES, {"done": number, "total": folds})
        epochs, done = total * (folds - number + 1), done or 1
    if not done:
        return (part,)
    # The first epoch has also built the model.
    timed = [float(entry.get("seconds") or 0.0) for entry in curves.epochs[1:] or curves.epochs]
    seconds = epochs * sum(timed) / len(timed) - (quiet if curves.fold else 0.0) if timed else 0.0
    if seconds <= 0:
        return (part,)
    return part, ((SOON, {}) if seconds < 60 else (LATER, {"minutes": math.ceil(seconds / 60)}))


def trained(activity: Activity) -> Run | None:
    """The model of the class, once it is trained, if the present visitor sees it."""
    if activity.model and activity.kind is Kind.COLLECTION:
        with contextlib.suppress(UserError):
            run = run_of(activity)
            return run if run.state == "finished" and run.is_ready else None
    return None


def run_of(activity: Activity) -> Run:
    """The run of the class. Raises RunError if it was deleted."""
    return runs.find(activity.model)


def note_results(room: Room) -> bool:
    """Once the training is over, store the honest predictions in the pool; returns whether it did so just now."""
    activity, path = activities.find(room), activities.folder(room) / NAME
    if activity is None or not path.exists():
        return False
    with acting_as(SERVER), contextlib.suppress(UserError, OSError, ValueError, KeyError):
        trained = json_files.read_object(path)
        run = run_of(activity)
        if run.id != trained["run"] or run.state != "finished":
            return False
        drawings = sending.pool_of(room, activity)
        drawings.note_predictions(_predicted(run, trained))
        path.unlink(missing_ok=True)
        with contextlib.suppress(UserError):
            drawings.note_predictions(_of_late_ones(run, activity, drawings))
        return True
    return False


def _of_late_ones(run: Run, activity: Activity, drawings: Pool) -> list[tuple[int, int, float]]:
    """The same of the drawings that came while it was trained: nobody had a model yet to read them with."""
    found = []
    for drawing in drawings.everything():
        if activity.is_late(drawing.id) and drawing.predicted is None:
            row = sending.predict(run, sending.stored(activity, drawing))
            found.append((drawing.id, int(row.argmax()), float(row.max())))
    return found


def _predicted(run: Run, trained: dict[str, Any]) -> list[tuple[int, int, float]]:
    """ID, predicted class and its probability of each drawing that the run has seen, or was tested on."""
    test = predictions.read(run)
    parts = [(np.asarray(trained["test"])[test.indices], test.probabilities)]
    folds = fold_predictions.read(run)
    if folds is not None:
        parts.append((np.asarray(trained["train"])[folds.rows], folds.probabilities))
    return [
        (int(number), int(row.argmax()), float(row.max()))
        for ids, probabilities in parts
        for number, row in zip(ids, probabilities, strict=True)
    ]
