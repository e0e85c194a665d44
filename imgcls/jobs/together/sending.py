"""A drawing or photo arrives: it is checked, read by the model on this server, and stored. No claim of a phone counts.

The writer, who is the present visitor, can withdraw it. Then it is deleted for good, also from a dataset made of it.
"""

import json
from typing import Any

import numpy as np

from imgcls.errors import UserError
from imgcls.images import loading
from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.inference import answering
from imgcls.inference.predictor import classify
from imgcls.inference.preparing import prepare
from imgcls.jobs.together import activities, dataset, photos, pool
from imgcls.jobs.together.activities import Activity, Kind
from imgcls.jobs.together.pool import Drawing, Pool, State
from imgcls.runs import Run
from imgcls.sharing import Action, Thing, Visibility, guarding, visitors
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room

MOST_OF_WRITER, MOST = 500, 30_000
MOST_PHOTOS = 100, 3_000
"""Of a writer, and of all: a photo has 30 to 40 kB."""
MOST_POINTS = 4_000
CLOSED = "No drawings are being collected at the moment. Wait for your teacher."


def pool_of(room: Room, activity: Activity) -> Pool:
    """The drawings of an activity."""
    return Pool(activities.folder(room), activity.id)


def send(room: Room, activity_id: str, message: Any, label: Any = None) -> Drawing:
    """Store a drawing, or a photo, of the present visitor.

    Args:
        activity_id: For which activity it was drawn; another one may have begun meanwhile.
        message: The strokes, as the canvas sends them: {"strokes": [[x, y, width, …], …]}; or {"photo": base64}.
        label: What it shows, as the index of a class; None if they did not say.

    Raises:
        NotAllowed: they may not draw here.
        UserError: the drawing is damaged, empty or too long, there are too many, or nothing is being collected.
    """
    activity = activities.find(room)
    if activity is None or not activity.is_open or not room.is_open or activity.id != activity_id:
        raise UserError(CLOSED)
    guarding.require_of(Action.SEND_DRAWING, activities.thing(room, activity))
    sample = checked(activity, message)
    is_class = type(label) is int and 0 <= label < len(activity.classes)
    if not is_class and (label is not None or activity.kind is Kind.COLLECTION):
        raise UserError("The drawing names a class that does not exist. Reload the page.")
    writer, drawings = visitors.current().id, pool_of(room, activity)
    predicted: int | None = None
    confidence: float | None = None
    pixels: np.ndarray | None = None
    content: list[list[float]] | str
    if isinstance(sample, np.ndarray):
        content, pixels = photos.data_url(sample), photos.prepared(sample)
    else:
        content = sample.as_lists()
        if activity.kind is Kind.COLLECTION:
            pixels = loading.prepare_ink(sample.narrowed().ink(), dataset.SHAPE).pixels
    if (run := activities.model_of(activity)) is not None:
        predicted, confidence = _reading(run, activity, sample)
    number = drawings.add(
        writer,
        content,
        state=State.WAITING if activity.is_moderated else State.SHOWN,
        label=label,
        predicted=predicted,
        confidence=confidence,
        pixels=pixels,
        most=MOST_PHOTOS if activity.has_photos else (MOST_OF_WRITER, MOST),
    )
    stored = drawings.find(number)
    assert stored is not None
    return stored


def _reading(run: Run, activity: Activity, sample: Handwriting | np.ndarray) -> tuple[int | None, float]:
    """The class that the model reads and its probability; no class if what an audience drew is not a digit. In a
    collection, its writer has said what it is."""
    if activity.kind is Kind.WALL:
        found = answering.answer(run, sample)
        is_rejected = found.rejection is not None and found.rejection.for_digits
        return None if is_rejected else found.index, found.confidence
    probabilities = predict(run, sample)
    return int(probabilities.argmax()), float(probabilities.max())


def checked(activity: Activity, message: Any) -> Handwriting | np.ndarray:
    """The strokes in a message; or the photo, uint8 (side, side, 3), if photos are collected.

    Raises:
        UserError: they are damaged, empty, or too long.
    """
    if activity.has_photos:
        return photos.opened(message.get("photo") if isinstance(message, dict) else None)
    drawing = from_message(message)
    if not drawing:
        raise UserError("The drawing is empty. Draw something first.")
    if sum(map(len, drawing.strokes)) > MOST_POINTS:
        raise UserError(f"The drawing has more than {MOST_POINTS:,} points. Clear it and draw something shorter.")
    return drawing


def stored(activity: Activity, drawing: Drawing) -> Handwriting | np.ndarray:
    """What was sent, as `checked` returns it. Raises UserError if it is damaged."""
    content = json.loads(drawing.strokes)
    is_photo = isinstance(content, str)
    return checked(activity, {"photo": content.partition(",")[2]} if is_photo else {"strokes": content})


def withdraw_all() -> None:
    """Delete all drawings of the present visitor for good, in all classes, also in closed ones.

    Raises:
        UserError: they cannot be deleted.
    """
    if visitors.current().id:
        dataset.forget(visitors.current().id)


def predict(run: Run, sample: Handwriting | np.ndarray) -> np.ndarray:
    """The probabilities of the classes, float32 (classes,). Raises RunError if the model is damaged."""
    card = run.card
    return classify(run, card, prepare(sample, card).pixels[None])[0]


def withdraw(room: Room, number: int) -> None:
    """Delete a drawing for good, if it is the present visitor's, or they are the teacher.

    Raises:
        NotAllowed: it is somebody else's.
        UserError: there is none, or it cannot be deleted.
    """
    activity = activities.find(room)
    found = None if activity is None else pool_of(room, activity).find(number)
    if activity is None or found is None:
        raise UserError("There is no such drawing. It may have been withdrawn already.")
    guarding.require_of(Action.WITHDRAW_DRAWING, Thing(found.writer, Visibility.ROOM, room.id))
    dataset.remove(activities.folder(room), pool_of(room, activity).delete(number))


def moderate(room: Room, number: int, state: State) -> None:
    """Show, hide or take back a drawing.

    Raises:
        NotAllowed: the present visitor is neither the teacher nor a moderator.
        UserError: it cannot be written.
    """
    rooms.require(Action.MODERATE, room)
    if (activity := activities.find(room)) is not None:
        pool_of(room, activity).move(number, state)


def delete_all(room: Room) -> None:
    """Delete all drawings of a class for good; a dataset made of them stays.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: they cannot be deleted.
    """
    activities.require_teacher(room)
    pool.delete_all(activities.folder(room))
