"""What a teacher takes home: everything about the class in one archive."""

import csv
import io
import json
import zipfile

import pytest

from imgcls.jobs.classroom import export
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import LESSON
from imgcls.jobs.classroom.assignments.attempts import Guess
from imgcls.jobs.together import activities, sending
from imgcls.sharing import NotAllowed
from tests.jobs.classroom.conftest import CONFIG, as_now, begin
from tests.sharing.classroom.conftest import ADA, BEN, TEACHER
from tests.support.drawing_together import SEVEN


def rows(file: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read(name).decode("utf-8-sig"))))


def test_the_archive_has_runs_assignments_lessons_and_drawings(room, join, given, ada):
    task = given(asks_guess=True)
    begin(ADA, task, CONFIG, Guess(0.9, ("4", "9")))
    join(BEN, room, "=Ben()")
    with as_now(TEACHER):
        lesson = assignments.make(room, "lessons", "First", {LESSON: "first-drawing"})
        pool = activities.start_collection(room, ["1", "7"])
    with as_now(BEN):
        sending.send(room, pool.id, {"strokes": SEVEN}, 1)
    with as_now(TEACHER):
        file = zipfile.ZipFile(io.BytesIO(export.archive(room)))
    assert {row["name"] for row in rows(file, "runs.csv")} == {"Ada", "'=Ben()"}
    (attempt,) = rows(file, f"assignments/Small network {task.code}.csv")
    assert (attempt["name"], attempt["predicted accuracy"], attempt["predicted pair"]) == ("Ada", "0.9", "4 and 9")
    assert {row["name"]: row["step"] for row in rows(file, f"lessons/First {lesson.code}.csv")} == {
        "Ada": "0",
        "'=Ben()": "0",
    }
    (drawing,) = rows(file, "drawings.csv")
    assert (drawing["name"], drawing["class"], drawing["state"]) == ("'=Ben()", "7", "shown")
    assert list(json.loads(file.read("drawings.json"))) == [drawing["drawing"]]
    with as_now(TEACHER):
        activities.start_collection(room, ["a", "b"])
        file = zipfile.ZipFile(io.BytesIO(export.archive(room)))
    (drawing,) = rows(file, f"drawings/{pool.id}.csv")
    assert drawing["class"] == "7" and "drawings.csv" not in file.namelist(), "nothing was drawn for the new one yet"
    assert not any(who.id.encode() in file.read(name) for who in (ADA, BEN) for name in file.namelist())


def test_an_empty_class_has_an_archive_and_pupils_get_none(room, ada):
    with as_now(TEACHER):
        assert zipfile.ZipFile(io.BytesIO(export.archive(room))).namelist() == ["README.txt", "runs.csv"]
    with as_now(ada), pytest.raises(NotAllowed):
        export.archive(room)


def test_numbers_are_rounded_guesses_counted_and_every_column_explained(room, given, ada, monkeypatch):
    task = given(asks_guess=True)
    begin(ADA, task, CONFIG, Guess(2 / 3, ("4", "9")))
    with as_now(TEACHER):
        lesson = assignments.make(room, "lessons", "First", {LESSON: "first-drawing"})
        file = zipfile.ZipFile(io.BytesIO(export.archive(room, lambda name, standing: (3, 4))))
    (attempt,) = rows(file, f"assignments/Small network {task.code}.csv")
    assert attempt["predicted accuracy"] == "0.6667"
    (progress,) = rows(file, f"lessons/First {lesson.code}.csv")
    assert (progress["guesses right"], progress["guesses made"]) == ("3", "4")
    text = file.read("README.txt").decode()
    for name in ("predicted accuracy", "guesses right", "goal met", "validation accuracy"):
        assert name in text
