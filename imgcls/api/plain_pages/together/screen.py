"""What the projector shows to all, and what the teacher does there: remove drawings, train. Only for the teacher.

Drawings that wait for approval are not sent to the projector, only to the moderator's page, which the moderators of the
class also have: they approve and hide, nothing else.
"""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.routing import Route

from imgcls import sharing
from imgcls.api.plain_pages.together.asking import THANKS, answering
from imgcls.api.plain_pages.together.phone import after, described
from imgcls.errors import UserError
from imgcls.jobs.classroom import projected
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.together import activities, collection, names, sending, wall, writers
from imgcls.jobs.together.activities import Activity, Kind
from imgcls.jobs.together.pool import Pool, State
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.lessons import current_step
from imgcls.sharing import Action
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.classroom.rooms import Room

MOST_SHOWN, MOST_OF_CLASS, MOST_MODERATED = 48, 60, 60
MOST_WRITERS = 36
NOT_SHOWN = N_("The network reads this. The drawing itself is not shown.")
BLANK = N_("Nothing drawn yet")
ON_PAGE, SOMEBODY = N_("{name} is on the {page} page"), N_("This member is on the {page} page")
LISTS = {"waiting": State.WAITING, "shown": State.SHOWN, "hidden": State.REMOVED}


def show(room: Room, request: Request) -> dict[str, Any]:
    """Everything that the projector shows; strokes only of drawings with a larger ID than `after`."""
    activities.require_teacher(room)
    activity = activities.find(room)
    if activity is None:
        return {"activity": ""}
    seen = after(request)
    collection.note_results(room)
    drawings = sending.pool_of(room, activity)
    common = {"activity": activity.id, "isOpen": activity.is_open, "classes": activity.classes}
    common["members"] = len(rooms.members(room))
    if activity.kind is Kind.WALL:
        return common | _wall(activity, drawings, seen)
    return common | _collection(room, activity, drawings, seen)


def _wall(activity: Activity, drawings: Pool, seen: int) -> dict[str, Any]:
    found = wall.of(drawings, activity)
    newest = drawings.newest((State.SHOWN,), MOST_SHOWN)
    return {
        "shown": [described(drawing, activity, seen) for drawing in newest],
        "waiting": drawings.count(State.WAITING),
        "total": found.drawings,
        "labelled": found.labelled,
        "rejected": found.rejected,
        "unlabelled": found.unlabelled,
        "matrix": found.matrix.tolist(),
        "accuracy": found.accuracy,
        "hardest": _hardest(found, activity),
        "mistake": None if found.mistake is None else described(found.mistake, activity),
    }


def _collection(room: Room, activity: Activity, drawings: Pool, seen: int) -> dict[str, Any]:
    counts = [0] * len(activity.classes)
    for label, __, count in drawings.pairs():
        if label is not None and label < len(counts):
            counts[label] += count
    members = names.on_screen(room)
    listed = writers.scores(drawings)
    progress = collection.progress(activity)
    found = wall.of(drawings, activity)
    return {
        "shown": [described(drawing, activity, seen) for drawing in drawings.newest((State.SHOWN,), MOST_SHOWN)],
        "counts": counts,
        "total": sum(counts),
        "present": sum(presence.is_present(person.id) for person in rooms.members(room)),
        "lacking": collection.too_few(room, activity),
        "progress": None
        if progress is None
        else {"state": progress.state, "text": progress.text, "run": progress.run, "share": progress.share},
        "late": drawings.count(State.SHOWN, activity.trained_until) if activity.trained_until else 0,
        "accuracy": found.accuracy,
        "matrix": found.matrix.tolist() if found.labelled else None,
        "hardest": _hardest(found, activity),
        "mistake": None if found.mistake is None else described(found.mistake, activity),
        "writers": [
            {
                "name": members.get(score.writer) or _(names.GONE),
                "drawings": score.drawings,
                "known": score.count,
                "wrong": score.wrong,
                "distance": score.distance,
            }
            for score in listed[:MOST_WRITERS]
        ],
        "others": max(len(listed) - MOST_WRITERS, 0),
    }


def _hardest(found: wall.Wall, activity: Activity) -> list[Any] | None:
    if found.hardest is None:
        return None
    labels, recall = found.hardest
    return [", ".join(activity.classes[label] for label in labels), recall]


def of_class(room: Room, request: Request) -> dict[str, Any]:
    """The drawings of one class, to look for bad ones."""
    activities.require_teacher(room)
    activity = activities.find(room)
    if activity is None:
        return {"drawings": []}
    label = request.path_params["label"]
    found = sending.pool_of(room, activity).all_of(label, MOST_OF_CLASS)
    return {"drawings": [described(drawing, activity) for drawing in found]}


def standings(room: Room, request: Request) -> dict[str, Any]:
    """The leaderboard of an assignment: `task` is its code, otherwise it is the latest one."""
    rooms.require(Action.SET_ASSIGNMENTS, room)
    code = request.query_params.get("task", "")
    task = assignments.find(code) if code else projected.newest(room)
    if task is None or task.room != room.id:
        return {"title": ""}
    return asdict(projected.board(task, room)) | {"closed": "" if room.is_open else _(THANKS)}


def on_stage(room: Room, request: Request) -> dict[str, Any]:
    """Who is on stage, and the page that they have open: `address` below that of the app, "" if it is not followed.

    Of a canvas, which would be empty there, only what the network reads on it: `reads` in large letters.
    """
    rooms.require(Action.SHOW_ON_STAGE, room)
    place = presence.place_of(room.on_stage) if room.on_stage else None
    name = names.on_screen(room).get(room.on_stage, "")
    nothing = {"name": name, "page": "", "address": "", "reads": "", "note": "", "lesson": ""}
    if place is None:
        return nothing
    page, lesson = _(place.title), current_step.title(room.on_stage, place.path, place.query)
    known = nothing | {"page": page, "lesson": lesson}
    if place.is_followed and place.path not in presence.CANVASES:
        return known | {"address": f"{place.path}?{urlencode(dict(place.query))}"}
    if place.is_blank:
        return known | {"reads": _(BLANK)}
    if place.reads:
        return known | {"reads": place.reads, "note": _(NOT_SHOWN)}
    text = _(SOMEBODY if name == _(names.HIDDEN) else ON_PAGE)
    return known | {"reads": text.format(name=name, page=page)}


def moderation(room: Room, request: Request) -> dict[str, Any]:
    """For the moderator's page: the drawings that wait, those on the screen, and those that were hidden; and names."""
    rooms.require(Action.MODERATE, room)
    presence.note(sharing.current().id, presence.Place("Moderate"))
    activity = activities.find(room)
    asked: dict[str, list[str]] = {}
    if projected.shows_names(room):
        asked = {key: [person.name for person in names.in_state(room, state)] for key, state in LISTS.items()}
    if activity is None:
        return {"activity": "", "names": asked}
    seen, drawings = after(request), sending.pool_of(room, activity)
    lists = {
        "waiting": drawings.oldest(State.WAITING, MOST_MODERATED),
        "shown": drawings.newest((State.SHOWN,), MOST_MODERATED),
        "hidden": drawings.newest((State.REMOVED,), MOST_MODERATED),
    }
    counts = {
        "waiting": drawings.count(State.WAITING),
        "shown": drawings.count(State.SHOWN),
        "hidden": drawings.count(State.REMOVED),
    }
    shown = {name: [described(drawing, activity, seen) for drawing in found] for name, found in lists.items()}
    return {"activity": activity.id, "isOpen": activity.is_open, "counts": counts, "names": asked} | shown


def moderate(room: Room, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Hide drawings, or show them: one by its `id`, or several by their `ids`."""
    numbers, is_shown = body.get("ids", [body.get("id")]), body.get("isShown")
    is_list = isinstance(numbers, list) and 0 < len(numbers) <= MOST_MODERATED
    if not is_list or any(type(number) is not int for number in numbers) or type(is_shown) is not bool:
        raise UserError("Expected the ID of a drawing, and whether it is shown.")
    for number in numbers:
        sending.moderate(room, number, State.SHOWN if is_shown else State.REMOVED)
    return {}


def moderate_names(room: Room, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Show names on the projector, or hide them."""
    chosen, is_shown = body.get("names"), body.get("isShown")
    if not isinstance(chosen, list) or not 0 < len(chosen) <= rooms.MOST_MEMBERS:
        raise UserError("Expected a list of names.")
    if any(type(name) is not str for name in chosen) or type(is_shown) is not bool:
        raise UserError("Expected names, and whether they are shown.")
    names.moderate(room, chosen, is_shown=is_shown)
    return {}


def train(room: Room, request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Train the model of the class."""
    return {"run": collection.train(room).id}


ROUTES = [
    Route("/room/{code}/show", answering(show)),
    Route("/room/{code}/class/{label:int}", answering(of_class)),
    Route("/room/{code}/standings", answering(standings, even_closed=True)),
    Route("/room/{code}/on_stage", answering(on_stage)),
    Route("/room/{code}/moderation", answering(moderation)),
    Route("/room/{code}/moderate", answering(moderate, has_body=True), methods=["POST"]),
    Route("/room/{code}/names", answering(moderate_names, has_body=True), methods=["POST"]),
    Route("/room/{code}/train", answering(train, has_body=True), methods=["POST"]),
]
