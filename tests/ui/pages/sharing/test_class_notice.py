"""Pages of a pupil that stay open: what the teacher begins and ends meanwhile is said there."""

import pytest

from imgcls.config import Config
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.jobs.together import activities, collection
from imgcls.sharing import Role, acting_as, people, visitors
from imgcls.sharing.classroom import guessing, presence, rooms
from imgcls.ui.app import class_notice
from tests.support.pages import is_intact, opened, text_of

TEACHER, ADA = "T" * 22, "A" * 22


@pytest.fixture
def room(monkeypatch):
    """A class with Ada, who looks at the pages."""
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    monkeypatch.setattr(closing.processes, "spawn", lambda *words, **streams: None)
    guessing.forget_all()
    presence._seen.clear()
    people.change(TEACHER, name="Ms Noether", role=Role.TEACHER)
    with acting_as(people.visitor(TEACHER)):
        room = rooms.open_new()
    with acting_as(people.visitor(ADA)):
        rooms.join(room.code, "Ada")
    monkeypatch.setattr(visitors, "_provider", lambda: people.visitor(ADA))
    return room


def as_teacher():
    return acting_as(people.visitor(TEACHER))


def begin_something(room, what):
    with as_teacher():
        if what == "drawing":
            activities.start_collection(room, ["0", "1"])
        else:
            assignments.make(room, "data", "Look at the data", {})


def has_link(app):
    return class_notice.NEWS in [link.proto.label for link in app.get("page_link")]


@pytest.mark.parametrize("what", ["drawing", "assignment"])
def test_other_pages_link_to_what_the_teacher_has_begun(room, what):
    app = opened("runs")
    assert not has_link(app)
    begin_something(room, what)
    app.run()
    assert is_intact(app) and has_link(app)
    assert not has_link(opened("runs")), "at first sight nothing is new"


@pytest.mark.parametrize(
    ("what", "shown"), [("drawing", "Draw with the class"), ("assignment", "Start the assignment")]
)
def test_the_page_class_shows_by_itself_what_the_teacher_has_begun(room, what, shown):
    app = opened("class")

    def links():
        own = "".join(element.proto.body for element in app.get("html"))
        assert "_blank" not in own, "each press would open another tab"
        buttons = [one.label for one in app.button if one.proto.type == "primary"]
        return [shown] * (shown in own) + buttons

    assert shown not in links()
    begin_something(room, what)
    class_notice_runs = app.session_state[class_notice.SEEN]
    app.run()
    assert is_intact(app) and shown in links()
    assert app.session_state[class_notice.SEEN] != class_notice_runs


def test_the_page_class_offers_the_model_of_the_class_as_soon_as_it_is_trained(room, monkeypatch, finished_run):
    begin_something(room, "drawing")
    found = []
    monkeypatch.setattr(collection, "trained", lambda activity: found[0] if found else None)
    app = opened("class")

    def labels():
        return [link.proto.label for link in app.get("page_link")]

    assert "Try the model" not in labels()
    found.append(finished_run)
    app.run()
    assert is_intact(app) and "Try the model" in labels()
    before = app.session_state[class_notice.SEEN]
    app.run()
    assert app.session_state[class_notice.SEEN] == before and finished_run.id in before[1]
    with as_teacher():
        activities.finish(room)
    app.run()
    assert "Try the model" in labels(), "also when nothing more is drawn"


@pytest.mark.parametrize("first", ["drawing", "assignment"])
def test_of_a_drawing_and_an_assignment_the_one_opened_last_has_the_primary_button(room, first):
    begin_something(room, first)
    begin_something(room, "assignment" if first == "drawing" else "drawing")
    app = opened("class")
    own = "".join(element.proto.body for element in app.get("html"))
    kinds = {one.label: one.proto.type for one in app.button}
    is_drawing_last = first == "assignment"
    assert ("class-draw is-primary" in own) is is_drawing_last
    assert '<i class="icon" aria-hidden="true">draw</i>Draw with the class' in own, "an icon, as its neighbours have"
    assert kinds["Start the assignment"] == ("secondary" if is_drawing_last else "primary")


@pytest.mark.parametrize(("act", "said"), [("close", class_notice.CLOSED), ("remove", class_notice.DISMISSED)])
def test_who_has_a_page_open_reads_that_the_class_has_ended(room, act, said):
    app = opened("runs")
    assert said not in text_of(app)
    with as_teacher():
        rooms.close(room) if act == "close" else rooms.remove(room, ADA)
    app.run()
    assert is_intact(app) and said in text_of(app)
    app = opened("runs")
    assert said not in text_of(app), "who comes later needs no notice"


def test_the_page_class_itself_says_that_the_class_is_closed(room):
    app = opened("class")
    with as_teacher():
        rooms.close(room)
    app.run()
    assert is_intact(app) and "This class is closed." in text_of(app)
    assert class_notice.CLOSED not in text_of(app)


def test_a_guest_is_told_how_to_become_a_teacher_unless_invited(room, monkeypatch):
    monkeypatch.setattr(visitors, "_provider", lambda: people.visitor("G" * 22))
    assert "Enter the code that the server" in text_of(opened("class"))
    assert "Enter the code that the server" not in text_of(opened("class", join=room.code))


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Now open the Class page and press Start!", "Press Start!"),
        ("Open the Class page.", ""),
        ("Open Train, then set 10 epochs.", "Open Train, then set 10 epochs."),
        ("Öffnet die Seite Klasse. Wählt eine Aufgabe.", "Wählt eine Aufgabe."),
        ("Well done, class!", "Well done, class!"),
    ],
)
def test_a_message_does_not_ask_to_open_the_page_that_is_open(said, left):
    assert class_notice.remaining(said, ("Klasse", "class")) == left


def test_a_message_ends_when_it_is_dismissed_and_another_one_is_shown(room):
    def say(text):
        with as_teacher():
            rooms.announce(room, text)

    say("Look up")
    app = opened("runs")
    assert "Look up" in text_of(app)
    app.button(key="class-dismiss").click().run()
    assert is_intact(app) and "Look up" not in text_of(app)
    app.run()
    assert "Look up" not in text_of(app)
    say("Look up")
    app.run()
    assert "Look up" in text_of(app), "said again"


def test_a_dismissed_message_stays_away_after_a_reload_and_on_the_page_on_which_the_class_draws(room):
    with as_teacher():
        rooms.announce(room, "Look up")
    joined = people.find(ADA).changed
    opened("runs").button(key="class-dismiss").click().run()
    assert "Look up" not in text_of(opened("runs"))
    assert rooms.message_for(rooms.find(room.id), ADA) == ""
    assert people.find(ADA).changed == joined, "neither the name nor the role has changed"
    with as_teacher():
        rooms.announce(room, "Look up")
    assert "Look up" in text_of(opened("runs")), "said again"


def test_a_message_ends_with_the_assignment_it_came_with(room):
    with as_teacher():
        rooms.announce(room, "Quiet, please")
        task = assignments.make(room, "data", "Look at the data", {})
        closing.close(task)
        assert rooms.find(room.id).message == "Quiet, please", "it is older"
        task = assignments.make(room, "data", "Look again", {})
        rooms.announce(room, "Start!")
        closing.close(task)
    assert rooms.find(room.id).message == ""


def test_an_assignment_that_is_closed_meanwhile_is_said_on_other_pages_until_the_class_page_was_open(room):
    with as_teacher():
        task = assignments.make(room, "data", "Look at the data", {})
    app = opened("runs")
    assert "is closed" not in text_of(app)
    with as_teacher():
        closing.close(task)
    app.run()
    assert is_intact(app) and "The assignment “Look at the data” is closed." in text_of(app)
    assert "is closed" not in text_of(opened("runs")), "who comes later needs no notice"


def test_start_says_that_the_assignment_of_an_open_page_was_closed_or_no_attempt_is_left(room, mnist_sample):
    state = settings_of(Config(data="mnist_sample"))
    with as_teacher():
        task = assignments.make(room, "train", "Small networks", state, attempts=1)
    app = opened("train", assignment=task.code)
    start = next(found for found in app.button if found.label == "Start")
    assert not start.disabled
    attempts._write(task, [attempts.Attempt(ADA, "Ada", "run", 1.0)])
    app.run()
    assert "No attempt is left: you have used 1 of 1." in text_of(app)
    with as_teacher():
        closing.close(task)
    app.run()
    assert is_intact(app) and next(found for found in app.button if found.label == "Start").disabled
    assert text_of(app).count("This assignment is closed, so no run can be started") == 2, "at the top, and by Start"
    assert "See the leaderboard" in [link.proto.label for link in app.get("page_link")]
