"""Everything about a class in one ZIP archive, for its teacher to take home.

runs.csv                       a line for each run, and one for each member without a run
assignments/<title> <CODE>.csv the attempts at an assignment, with predictions and results
lessons/<title> <CODE>.csv     how far each member is
drawings.csv, drawings.json    what the class drew last: who, class, prediction; strokes or photos
drawings/<ID>.csv and .json    the same of each wall and collection before
"""

import contextlib
import io
import json
import time
import zipfile
from typing import Any

from imgcls.errors import UserError
from imgcls.jobs.classroom import work
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing, goals
from imgcls.jobs.classroom.assignments.assignment import LESSON, Assignment
from imgcls.jobs.together import activities, pool
from imgcls.jobs.together.activities import Activity
from imgcls.jobs.together.pool import State
from imgcls.sharing import Action, lesson_progress, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.system import safe_csv

LONGEST_TITLE = 60
STATES = {State.SHOWN: "shown", State.REMOVED: "removed", State.WAITING: "not approved"}


def archive(room: Room) -> bytes:
    """The archive. A part that cannot be read is left out.

    Raises:
        NotAllowed: the present visitor is not the teacher.
    """
    rooms.require(Action.EXPORT_CLASS, room)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("runs.csv", work.table(room))
        for assignment in assignments.of_room(room):
            folder, lines = ("lessons", _progress) if assignment.page == "lessons" else ("assignments", _attempts)
            if rows := lines(assignment, room):
                file.writestr(f"{folder}/{_file_name(assignment)}", _csv(rows))
        found = activities.all_of(room)
        for activity in found:
            name = "drawings" if activity is found[-1] else f"drawings/{activity.id}"
            with contextlib.suppress(UserError):
                drawings, strokes = _drawings(room, activity)
                if drawings:
                    file.writestr(f"{name}.csv", _csv(drawings))
                    file.writestr(f"{name}.json", json.dumps(strokes))
    return content.getvalue()


def _file_name(assignment: Assignment) -> str:
    """By the title, without what a file system refuses; the code keeps equal titles apart."""
    title = " ".join(
        "".join(letter if letter.isalnum() or letter in "-_" else " " for letter in assignment.title).split()
    )
    return f"{title[:LONGEST_TITLE]} {assignment.code}.csv".strip()


def _attempts(assignment: Assignment, room: Room) -> list[dict[str, Any]]:
    found = {one.run.id: one for one in closing.works(assignment)}
    rows = []
    for attempt in attempts.of(assignment):
        run, guess = found.get(attempt.run), attempt.guess
        rows.append(
            {
                "assignment": assignment.title,
                "name": attempt.name,
                "run": attempt.run,
                "started": _when(attempt.at),
                "state": run.state if run else "deleted",
                "validation accuracy": run.val_accuracy if run else None,
                "test accuracy": run.test_accuracy if run else None,
                "parameters": run.parameters if run else None,
                "training seconds": run.seconds if run else None,
                "goal met": goals.is_met(assignment.goal, run) if run and goals.text_of(assignment.goal) else None,
                "predicted accuracy": guess.accuracy if guess else None,
                "predicted pair": " and ".join(guess.confused) if guess else None,
            }
        )
    return rows


def _progress(assignment: Assignment, room: Room) -> list[dict[str, Any]]:
    rows = []
    for person in rooms.members(room):
        standing = lesson_progress.read(people.visitor(person.id)).of(str(assignment.state.get(LESSON)))
        rows.append(
            {
                "lesson": assignment.title,
                "name": person.name,
                "finished": standing.is_finished,
                "step": standing.step + 1 if standing.since else 0,
                "tasks done": len(standing.done),
            }
        )
    return rows


def _drawings(room: Room, activity: Activity) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    names = {person.id: person.name for person in rooms.members(room)}

    def named(label: int | None) -> str:
        return "" if label is None or label >= len(activity.classes) else activity.classes[label]

    found = pool.Pool(activities.folder(room), activity.id).everything()
    rows = [
        {
            "drawing": one.id,
            "name": names.get(one.writer, ""),
            "sent": _when(one.made),
            "class": named(one.label),
            "prediction": named(one.predicted),
            "confidence": one.confidence,
            "state": STATES[one.state],
        }
        for one in found
    ]
    return rows, {str(one.id): json.loads(one.strokes) for one in found}


def _csv(rows: list[dict[str, Any]]) -> bytes:
    return safe_csv.csv_file({name: [row[name] for row in rows] for name in rows[0]})


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
