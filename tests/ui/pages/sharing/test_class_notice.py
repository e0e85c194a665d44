"""Pages of a pupil that stay open: what the teacher begins and ends meanwhile is said there."""

import pytest

from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.together import activities
from imgcls.sharing import Role, acting_as, people, visitors
from imgcls.sharing.classroom import guessing, presence, rooms
from imgcls.ui.app import class_notice
from tests.support.pages import is_intact, opened, text_of

TEACHER, ADA = "T" * 22, "A" * 22


@pytest.fixture
def room(monkeypatch):
    """A class with Ada, who looks at the pages."""
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
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


@pytest.mark.parametrize(("what", "shown"), [("drawing", "Draw with the class"), ("assignment", "Open (Data)")])
def test_the_page_class_shows_by_itself_what_the_teacher_has_begun(room, what, shown):
    app = opened("class")

    def links():
        return [link.proto.label for kind in ("page_link", "link_button") for link in app.get(kind)]

    assert shown not in links()
    begin_something(room, what)
    class_notice_runs = app.session_state[class_notice.SEEN]
    app.run()
    assert is_intact(app) and shown in links()
    assert app.session_state[class_notice.SEEN] != class_notice_runs


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
