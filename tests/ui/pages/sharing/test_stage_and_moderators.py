"""The page "Class": who is on stage, who moderates, and which names a screen shows."""

import json

import pytest

from imgcls import jobs
from imgcls.config import Config
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.jobs.together import names
from imgcls.jobs.together.pool import State
from imgcls.sharing import Role, Visibility, acting_as, lesson_progress, ownership, people
from imgcls.sharing.classroom import presence, rooms
from imgcls.sharing.lesson_progress import Progress
from imgcls.sharing.permissions import Thing
from tests.support.pages import HOSTILE, button, is_intact, opened, text_of
from tests.ui.pages.sharing.conftest import prepare_classroom

TEACHER, ADA = "T" * 22, "A" * 22


@pytest.fixture(autouse=True)
def classroom(monkeypatch):
    prepare_classroom(monkeypatch, TEACHER)
    presence._seen.clear()


@pytest.fixture
def room():
    with acting_as(people.visitor(TEACHER)):
        return rooms.open_new()


def join(room, name="Ada", visitor_id=ADA):
    with acting_as(people.visitor(visitor_id)):
        rooms.join(room.code, name)


def check(app, what, visitor_id):
    return app.checkbox(key=f"class-{what}-{visitor_id}")


def html_of(app):
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_teacher_puts_a_pupil_on_stage_and_the_pupil_is_told(look_as, room, mnist_sample):
    join(room, HOSTILE)
    with acting_as(people.visitor(ADA)):
        run = jobs.begin(Config(data="mnist_sample", epochs=3), HOSTILE)
    lines = [{"kind": "plan", "parameters": 1234, "epochs": 3, "validation": 750}]
    lines += [{"kind": "epoch", "epoch": 1, "val_accuracy": 0.9, "accuracy": 0.8, "loss": 0.5, "val_loss": 0.4}]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    look_as(TEACHER)
    app = opened("class")
    check(app, "stage", ADA).check().run()
    assert is_intact(app)
    assert rooms.find(room.id).on_stage == ADA
    assert "1,234" in html_of(app) and "90.0%" in html_of(app)
    look_as(ADA)
    assert "The class sees the page that you have open" in text_of(opened("class"))


def test_the_stage_follows_the_page_and_the_run_that_the_pupil_has_open(look_as, room, finished_run):
    join(room)
    with acting_as(people.visitor(TEACHER)):
        rooms.put_on_stage(room, ADA)
    look_as(TEACHER)
    assert "No page open at the moment." in text_of(opened("class"))
    look_as(ADA)
    opened("evaluate", run=finished_run.id, view="Errors", find="typed")
    look_as(TEACHER)
    app = opened("class")
    assert is_intact(app)
    assert "Viewing: Evaluate, view Errors" in text_of(app) and "typed" not in text_of(app)
    lesson_progress.write(people.visitor(ADA), Progress().begun("pixels"))
    assert "Lesson 2" not in text_of(opened("class")), "its first step is on the page Predict"
    assert any(finished_run.label in str(element.value) for element in app.markdown)
    button(app, "Open this page").click().run()
    assert finished_run.id in app.query_params["run"]


def test_the_stage_follows_what_the_pupil_has_selected_and_not_what_they_typed(look_as, room, finished_run):
    join(room)
    look_as(ADA)
    opened("evaluate", run=finished_run.id, view="Errors", cell="3-5", tag="typed", q="typed")
    place = presence.place_of(ADA)
    assert (place.path, place.query["cell"]) == ("evaluate", "3-5") and "typed" not in str(place)


def test_the_teacher_chooses_a_moderator_who_finds_the_page_to_moderate_on(look_as, room):
    join(room)
    join(room, "Ben", "B" * 22)
    look_as("B" * 22)
    ben = opened("class")
    assert f"/room/{room.code}/moderator" not in html_of(ben)
    look_as(TEACHER)
    app = opened("class")
    check(app, "moderator", "B" * 22).check().run()
    assert is_intact(app)
    assert people.visitor("B" * 22).role is Role.MODERATOR and people.visitor(ADA).role is Role.MEMBER
    app = opened("class")
    assert [check(app, "moderator", who).value for who in (ADA, "B" * 22)] == [False, True]
    look_as("B" * 22)
    ben.run()
    assert is_intact(ben) and f"/room/{room.code}/moderator" in html_of(ben)
    assert "You are a moderator" in text_of(ben)
    look_as(TEACHER)
    check(app, "moderator", "B" * 22).uncheck().run()
    assert people.visitor("B" * 22).role is Role.MEMBER


def test_the_teacher_approves_names_also_for_a_leaderboard(look_as, room, mnist_sample):
    join(room)
    look_as(TEACHER)
    assert "New names" not in text_of(opened("class")), "no screen shows names"
    with acting_as(people.visitor(TEACHER)):
        assignments.make(room, "train", "Small", settings_of(Config(data=mnist_sample)))
    app = opened("class")
    assert "New names: Ada; screens say" in text_of(app)
    app.button(key="together-names").click().run()
    assert is_intact(app) and "New names" not in text_of(app)
    assert [person.name for person in names.in_state(room, State.SHOWN)] == ["Ada"]
    app = opened("class", tab="assignments")
    assert f"/room/{room.code}/leaderboard?task=" in str([link.proto.url for link in app.get("link_button")])


def test_the_stage_shows_no_run_that_the_teacher_does_not_see(look_as, room, finished_run):
    join(room)
    ownership._write(finished_run.folder, Thing("S" * 22, Visibility.PRIVATE, "", "Somebody"), 1.0)
    finished_run.rename("Secret")
    presence.note(ADA, presence.Place("Train", "train", {"run": finished_run.id}))
    with acting_as(people.visitor(TEACHER)):
        rooms.put_on_stage(room, ADA)
    look_as(TEACHER)
    assert "Secret" not in text_of(opened("class"))
