"""What a phone asks: join the class, send and withdraw drawings, and predictions if it cannot run the model itself."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgcls import sharing
from imgcls.api.plain_pages.together import asking
from imgcls.api.plain_pages.together.asking import Refused
from imgcls.errors import UserError
from imgcls.export import phone_model
from imgcls.inference import answering
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.together import activities, collection, sending
from imgcls.jobs.together.activities import Activity
from imgcls.jobs.together.pool import Drawing, State
from imgcls.runs import Run
from imgcls.sharing import Action, guarding, people
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.rooms import Room

MOST_SHOWN = 60
"""Own drawings that a phone shows: the newest."""


def state(room: Room, request: Request) -> dict[str, Any]:
    """What is drawn for, whether this visitor may, and their own drawings."""
    visitor, activity, seen = sharing.current(), activities.find(room), after(request)
    presence.note(visitor.id, presence.Place("Draw together"))
    if activity is None:
        nothing = {"activity": "", "isOpen": False, "canDraw": False, "mustJoin": False, "drawings": []}
        return nothing | _class(room)
    collection.note_results(room)
    may_draw = guarding.decide_of(Action.SEND_DRAWING, activities.thing(room, activity)).allowed
    drawings = sending.pool_of(room, activity)
    counts = drawings.counts_of(visitor.id)
    by_label = {label: count for label, count, _, _ in counts}
    labelled = [entry for entry in counts if entry[0] is not None]
    progress = collection.progress(activity)
    model = activities.model_of(activity)
    return {
        "activity": activity.id,
        "isOpen": activity.is_open,
        "canDraw": activity.is_open and may_draw and bool(visitor.id),
        **_class(room),
        "mustJoin": activity.is_open and not may_draw,
        "name": visitor.name,
        "model": "" if model is None else version(model),
        "training": progress.parts if progress else [],
        "tryRun": _model_to_try(activity),
        "counts": [by_label.get(label, 0) for label in range(len(activity.classes))],
        "total": sum(by_label.values()),
        "known": sum(known for _, _, known, _ in labelled),
        "wrong": sum(wrong for *_, wrong in labelled),
        "drawings": [described(drawing, activity, seen) for drawing in drawings.of_writer(visitor.id, MOST_SHOWN)],
    }


def _class(room: Room) -> dict[str, Any]:
    """Whether the visitor has a page of the class to go to, how many assignments wait there, and what the teacher
    tells the members on all pages."""
    visitor = sharing.current()
    is_member = visitor.room == room.id
    waiting = sum(one.is_open for one in assignments.of_room(room))
    message = rooms.message_for(room, visitor.id) if is_member and room.is_open else ""
    return {"isMember": is_member, "assignments": waiting, "message": message}


def _model_to_try(activity: Activity) -> str:
    run = collection.trained(activity)
    return "" if run is None else run.id


def after(request: Request) -> int:
    """The largest ID of a drawing that the page has; 0 if it has none."""
    text = request.query_params.get("after", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def described(drawing: Drawing, activity: Activity, seen: int = 0) -> dict[str, Any]:
    """A drawing as the pages get it, without its writer; its strokes, a JSON text, only if its ID is beyond `seen`."""
    classes = activity.classes
    return {
        "id": drawing.id,
        "strokes": drawing.strokes if drawing.id > seen else "",
        "label": None if drawing.label is None else classes[drawing.label],
        "predicted": None if drawing.predicted is None else classes[drawing.predicted],
        "confidence": drawing.confidence,
        "isWrong": None not in (drawing.label, drawing.predicted) and drawing.label != drawing.predicted,
        "isRejected": drawing.is_rejected,
        "isRemoved": drawing.state is State.REMOVED,
        "isWaiting": drawing.state is State.WAITING,
        "isLate": activity.is_late(drawing.id),
    }


def join(room: Room, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Join the class with a name."""
    name = body.get("name")
    rooms.join(room.code, name if isinstance(name, str) else "", request.client.host if request.client else "")
    return {}


def send(room: Room, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Store a drawing."""
    activity = activities.find(room)
    stored = sending.send(room, str(body.get("activity")), body, body.get("label"))
    return described(stored, activity) if activity else {}


def withdraw(room: Room, request: Request) -> dict[str, Any]:
    """Delete one of one's own drawings."""
    sending.withdraw(room, request.path_params["number"])
    return {}


def dismiss(room: Room, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Close the message to the class, on all pages of this visitor."""
    if sharing.current().room == room.id:
        people.dismiss(sharing.current().id, room.said)
    return {}


def predict(room: Room, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The probabilities of a drawing, and why it is rejected, for a phone that cannot run the model."""
    run, activity = _model(room)
    found = answering.answer(run, sending.checked(activity, body), is_complete=body.get("isDone") is not False)
    refused = found.rejection
    return {
        "probabilities": [round(float(value), 5) for value in found.probabilities],
        "rejection": None if refused is None else {"title": refused.title, "text": refused.text},
    }


def model(room: Room, request: Request) -> Response:
    """The model for a browser. Its address has its version, so it is kept as long as it lasts."""
    run, _ = _model(room)
    kept = "max-age=86400" if request.query_params.get("v") == version(run) else "no-store"
    return Response(phone_model.of(run), media_type="application/octet-stream", headers={"Cache-Control": kept})


def version(run: Run) -> str:
    """Changes with the model."""
    return f"{run.id}-{run.stamp(phone_model.NAME)[0]:.0f}"


def _model(room: Room) -> tuple[Run, Activity]:
    activity = activities.find(room)
    run = None if activity is None else activities.model_of(activity)
    if activity is None or run is None:
        raise Refused(404, "There is no model in this class yet.")
    guarding.require_of(Action.SEND_DRAWING, activities.thing(room, activity))
    if not sharing.current().id:
        raise UserError("Your browser sends no cookie. Allow cookies for this site and reload the page.")
    return run, activity


ROUTES = [
    Route("/room/{code}/state", asking.answering(state)),
    Route("/room/{code}/model", asking.answering(model)),
    Route("/room/{code}/join", asking.answering(join, has_body=True), methods=["POST"]),
    Route("/room/{code}/drawings", asking.answering(send, has_body=True, is_sending=True), methods=["POST"]),
    Route("/room/{code}/drawings/{number:int}", asking.answering(withdraw), methods=["DELETE"]),
    Route("/room/{code}/dismiss", asking.answering(dismiss, has_body=True), methods=["POST"]),
    Route("/room/{code}/predict", asking.answering(predict, has_body=True), methods=["POST"]),
]
