"""Everything about a class in one ZIP archive, for its teacher to take home.

README.txt                     what the columns mean
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
from collections.abc import Callable
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
from imgcls.sharing.lesson_progress import Standing
from imgcls.system import safe_csv

LONGEST_TITLE = 60
README = """All tables are CSV files in UTF-8.
Accuracies, predictions and confidences are shares from 0 to 1, times are UTC.

runs.csv                 a line for each run, and one for each member without a run
  validation accuracy    of the best epoch, on images that are not trained on
  test accuracy          measured once, on the test set; empty for attempts that were not evaluated
  parameters             weights and biases of the network
assignments/             a file for each assignment, with a line for each attempt
  goal met               empty if the assignment has no goal
  predicted accuracy     what the pupil predicted before the first attempt
  predicted pair         the two classes that the pupil expected to be confused most
lessons/                 a file for each lesson that was assigned, with a line for each member
  step                   where the member is; 0 if the lesson was not started
  tasks done             how many of its tasks were done
  guesses right          of the guesses that the member made
drawings.csv             what the class drew last; drawings/ has what it drew before
  class, prediction      what it is, and what the model read
  state                  shown on the screen, removed, or not approved
drawings.json            the strokes or photos, by the number of the drawing
"""
STATES = {State.SHOWN: "shown", State.REMOVED: "removed", State.WAITING: "not approved"}


Guesses = Callable[[str, Standing], tuple[int, int]]
"""For the name of a lesson and how far somebody is: how many of their guesses were right, and how many there are."""


def archive(room: Room, guesses: Guesses | None = None) -> bytes:
    """The archive. A part that cannot be read is left out.

    Args:
        guesses: Counts right guesses in lessons, which this package does not know; without it, the column is empty.

    Raises:
        NotAllowed: the present visitor is not the teacher.
    """
    rooms.require(Action.EXPORT_CLASS, room)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README.txt", README)
        file.writestr("runs.csv", work.table(room))
        for assignment in assignments.of_room(room):
            is_lesson = assignment.page == "lessons"
            folder = "lessons" if is_lesson else "assignments"
            rows = _progress(assignment, room, guesses) if is_lesson else _attempts(assignment)
            if rows:
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


def _attempts(assignment: Assignment) -> list[dict[str, Any]]:
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
                "validation accuracy": work.rounded(run.val_accuracy) if run else None,
                "test accuracy": work.rounded(run.test_accuracy) if run else None,
                "parameters": run.parameters if run else None,
                "training seconds": work.rounded(run.seconds, 1) if run else None,
                "goal met": goals.is_met(assignment.goal, run) if run and goals.text_of(assignment.goal) else None,
                "predicted accuracy": work.rounded(guess.accuracy) if guess else None,
                "predicted pair": " and ".join(guess.confused) if guess else None,
            }
        )
    return rows


def _progress(assignment: Assignment, room: Room, guesses: Guesses | None) -> list[dict[str, Any]]:
    rows = []
    for person in rooms.members(room):
        name = str(assignment.state.get(LESSON))
        standing = lesson_progress.read(people.visitor(person.id)).of(name)
        right, made = guesses(name, standing) if guesses is not None else (None, None)
        rows.append(
            {
                "lesson": assignment.title,
                "name": person.name,
                "finished": standing.is_finished,
                "step": standing.step + 1 if standing.since else 0,
                "tasks done": len(standing.done),
                "guesses right": right,
                "guesses made": made,
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
            "confidence": work.rounded(one.confidence),
            "state": STATES[one.state],
        }
        for one in found
    ]
    return rows, {str(one.id): json.loads(one.strokes) for one in found}


def _csv(rows: list[dict[str, Any]]) -> bytes:
    return safe_csv.csv_file({name: [row[name] for row in rows] for name in rows[0]})


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
