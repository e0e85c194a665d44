"""The class trains one model on its drawings or photos, through the ordinary queue.

Cross-validation gives every drawing a prediction by a model that has not seen it, nor its writer if there are enough
writers. These go to the pool, so that the errors shown are honest; which drawing was which image is kept in
<own data>/.rooms/<room ID>/trained.json until then.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.evaluation import predictions
from imgcls.jobs.together import activities, dataset, photos, sending
from imgcls.jobs.together.activities import Activity, Kind
from imgcls.runs import Run
from imgcls.runs.metrics_log import Curves
from imgcls.runs.predictions import fold_predictions
from imgcls.sharing import acting_as
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.visitors import SERVER
from imgcls.system import atomic, json_files

NAME = "trained.json"
FOLDS = 3
STEPS = 400
"""Batches of a training run, about: few drawings are shown more often."""
EPOCHS = (6, 40)
BATCH = 32
BACKBONE, PHOTO_EPOCHS = "MobileNet 0.25", 20


@dataclass(frozen=True)
class Progress:
    """Of the training of the class: the state of the run, and what it does as a sentence; "" if it is over."""

    run: str
    state: str
    text: str = ""


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
    activities.change(room, model=run.id, data=made.name)
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
        if state in ("queued", "starting"):
            return Progress(run.id, state, "Waiting for its turn" if state == "queued" else "Starting")
        if state in ("running", "paused"):
            curves = Curves(run.folder / "metrics.jsonl").refresh()
            epoch = int(curves.epochs[-1]["epoch"]) if curves.epochs else 0
            fold = curves.fold
            text = f"Epoch {epoch} of {curves.total_epochs}" if curves.total_epochs else "Starting"
            if fold:
                text = f"Checking with other writers: {fold['number']} of {fold['total']}"
            return Progress(run.id, state, "Paused" if state == "paused" else text)
        message = str((run.result or {}).get("message", "")) if state == "failed" else ""
        return Progress(run.id, state, "" if state == "finished" else message)
    return Progress(activity.model, "deleted")


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
        sending.pool_of(room, activity).note_predictions(_predicted(run, trained))
        path.unlink(missing_ok=True)
        return True
    return False


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
