"""The projector's pages of a leaderboard and of the member on stage."""

import pytest

from imgcls import jobs, lessons, runs
from imgcls.config import Config
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.jobs.together import names
from imgcls.sharing import acting_as, lesson_progress, people
from imgcls.sharing.classroom import presence, rooms
from tests.sharing.classroom.conftest import ADA, TEACHER

MARKUP = "<img src=x onerror=alert(1)>"


def teacher():
    return people.visitor(TEACHER.id)


def ask(site, room, path):
    return site.ask("GET", f"/room/{room.code}/{path}", teacher())


@pytest.fixture
def task(room, mnist_sample, monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    with acting_as(teacher()):
        return assignments.make(room, "train", MARKUP, settings_of(Config(data=mnist_sample, epochs=1)))


def test_the_leaderboard_is_of_the_assignment_that_is_asked_for_or_the_latest_one(site, room, task):
    assert ask(site, room, "standings").json["title"] == task.title == MARKUP
    assert ask(site, room, f"standings?task={task.code}").json["lines"] == []
    assert ask(site, room, "standings?task=AAAAAA").status == 422
    page = ask(site, room, f"leaderboard?task={MARKUP}")
    assert page.status == 200 and MARKUP not in page.body.decode()


def test_a_leaderboard_of_another_class_is_not_shown(site, room, task):
    with acting_as(teacher()):
        rooms.close(room)
        other = rooms.open_new()
    for query in ("", f"?task={task.code}"):
        assert ask(site, other, f"standings{query}").json == {"title": ""}


def test_the_screen_follows_the_page_of_the_member_on_stage(site, room, join):
    presence._seen.clear()
    join(ADA, room, "Ada")
    nothing = {"name": "", "page": "", "address": "", "note": "", "lesson": "", "reads": ""}
    assert ask(site, room, "on_stage").json == nothing
    with acting_as(teacher()):
        rooms.put_on_stage(room, ADA.id)
    assert ask(site, room, "on_stage").json == nothing | {"name": names.HIDDEN}
    with acting_as(teacher()):
        names.moderate(room, ["Ada"], is_shown=True)
    presence.note(ADA.id, presence.Place("Evaluate", "evaluate", {"run": "r&x", "cell": "3-5"}))
    found = ask(site, room, "on_stage").json
    assert found == nothing | {"name": "Ada", "page": "Evaluate", "address": "evaluate?run=r%26x&cell=3-5"}


@pytest.mark.parametrize("path", ["home", "predict"])
def test_the_screen_shows_what_the_network_reads_and_never_an_empty_canvas(site, room, join, path):
    presence._seen.clear()
    join(ADA, room, "Ada")
    with acting_as(teacher()):
        rooms.put_on_stage(room, ADA.id)
        names.moderate(room, ["Ada"], is_shown=True)
    title = path.capitalize()
    hint = "The network reads this. The drawing itself is not shown."
    for place, reads, note in (
        (presence.Place(title, path, reads="7 · 95%"), "7 · 95%", hint),
        (presence.Place(title, path, is_blank=True), "Nothing drawn yet", ""),
        (presence.Place(title, path), f"Ada is on the {title} page", ""),
    ):
        presence.note(ADA.id, place)
        found = ask(site, room, "on_stage").json
        assert (found["address"], found["reads"], found["note"]) == ("", reads, note)


def test_the_screen_says_that_a_member_is_on_a_page_that_is_not_shown(site, room, join):
    presence._seen.clear()
    join(ADA, room, "Ada")
    with acting_as(teacher()):
        rooms.put_on_stage(room, ADA.id)
    presence.note(ADA.id, presence.Place("Class", "class"))
    assert ask(site, room, "on_stage").json["reads"] == "This member is on the Class page"
    with acting_as(teacher()):
        names.moderate(room, ["Ada"], is_shown=True)
    assert ask(site, room, "on_stage").json["reads"] == "Ada is on the Class page"


def test_the_screen_says_the_lesson_and_the_step_of_the_member_on_stage(site, room, join):
    presence._seen.clear()
    ada = join(ADA, room, "Ada")
    with acting_as(teacher()):
        rooms.put_on_stage(room, ADA.id)
    first = lessons.names()[0]
    lesson_progress.write(ada, lesson_progress.Progress(first, {first: lesson_progress.Standing(step=2)}))
    assert ask(site, room, "on_stage").json["lesson"] == "", "they have no page open"
    presence.note(ADA.id, presence.Place("Predict", "predict"))
    title = lessons.find(first).TITLE
    assert lessons.find(first).STEPS[2].page == "predict"
    assert ask(site, room, "on_stage").json["lesson"] == f"Lesson {lessons.number(first)}, {title}, step 3"
    for place in (presence.Place("Train", "train", {"run": "r"}), presence.Place("Evaluate", "evaluate")):
        presence.note(ADA.id, place)
        assert ask(site, room, "on_stage").json["lesson"] == "", "the step is on another page"
    lesson_progress.write(ada, lesson_progress.Progress("no lesson", {}))
    assert ask(site, room, "on_stage").json["lesson"] == ""


def test_the_step_is_said_above_the_run_that_it_asks_for_and_above_no_other(site, room, join, monkeypatch):
    presence._seen.clear()
    monkeypatch.setattr(jobs, "wake", lambda: None)
    ada = join(ADA, room, "Ada")
    with acting_as(teacher()):
        rooms.put_on_stage(room, ADA.id)
    lesson_progress.write(ada, lesson_progress.Progress().begun("shuffled"))
    settings = lessons.find("shuffled").STEPS[0].settings
    with acting_as(people.visitor(ADA.id)):
        asked, other = (runs.create(Config(**settings | {"seed": seed})) for seed in (settings.get("seed", 0), 77))
    for run, is_shown in ((asked, True), (other, False)):
        presence.note(ADA.id, presence.Place("Train", "train", {"run": run.id}))
        assert bool(ask(site, room, "on_stage").json["lesson"]) is is_shown


def test_a_page_that_cannot_be_shown_replaces_none_that_is_open_too(site, room, join, monkeypatch):
    presence._seen.clear()
    join(ADA, room, "Ada")
    with acting_as(teacher()):
        rooms.put_on_stage(room, ADA.id)
    presence.note(ADA.id, presence.Place("Train", "train"))
    for place in (presence.Place("Moderate"), presence.Place("You", "you")):
        presence.note(ADA.id, place)
        assert ask(site, room, "on_stage").json["page"] == "Train"
    with monkeypatch.context() as patched:
        patched.setattr(presence, "AWAY_SECONDS", 0.0)
        presence.note(ADA.id, presence.Place("You", "you"))
    found = ask(site, room, "on_stage").json
    assert (found["page"], found["address"]) == ("You", ""), "the teacher would see themselves"


def test_the_leaderboard_of_a_closed_class_stays_for_its_teacher(site, room, task, join):
    ada = join(ADA, room, "Ada")
    assert ask(site, room, "standings").json["closed"] == ""
    with acting_as(teacher()):
        rooms.close(room)
    found = ask(site, room, "standings").json
    assert (found["title"], found["closed"]) == (MARKUP, "The class is closed. Thank you!")
    assert ask(site, room, f"leaderboard?task={task.code}").status == 200
    for path in ("show", "on_stage", "class/1"):
        closed = ask(site, room, path)
        assert (closed.status, closed.message) == (410, "The class is closed. Thank you!")
    assert site.ask("GET", f"/room/{room.code}/standings", ada).status == 403
    page = site.ask("GET", f"/room/{room.code}/draw", ada)
    assert page.status == 410 and b'href="/class">Class page</a>' in page.body
