"""Classes that were closed, on the Class page of their teacher: results, export, opening them again; and names."""

import pytest

from imgcls import jobs
from imgcls.config import Config
from imgcls.jobs.classroom import naming
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.sharing import Role, acting_as, people
from imgcls.sharing.classroom import earlier, rooms
from tests.support.pages import HOSTILE, button, is_intact, opened, text_of
from tests.ui.pages.sharing.conftest import open_class, prepare_classroom

TEACHER, ADA, OTHER = "T" * 22, "A" * 22, "U" * 22


@pytest.fixture(autouse=True)
def classroom(monkeypatch):
    prepare_classroom(monkeypatch, TEACHER)


@pytest.fixture
def first(mnist_sample):
    """A class with a member, their run and an assignment, closed; the teacher has opened another one since."""
    room = open_class(TEACHER, {ADA: "Ada"}, "9b, Tuesday")
    with acting_as(people.visitor(TEACHER)):
        assignments.make(room, "train", "Small network", settings_of(Config(data=mnist_sample)))
    with acting_as(people.visitor(ADA)):
        jobs.begin(Config(data=mnist_sample), "Ada was here")
    with acting_as(people.visitor(TEACHER)):
        rooms.close(room)
        rooms.open_new()
    return room


def earlier_of(look_as, **query):
    look_as(TEACHER)
    app = opened("class", **query)
    app.session_state["earlier-classes"] = True
    return app.run()


def test_an_earlier_class_is_listed_with_its_members_and_assignments_and_leads_to_its_results(look_as, first):
    app = earlier_of(look_as)
    text = text_of(app)
    assert naming.title(first) in text and "1 member · 1 assignment" in text and "“Small network”" in text
    assert button(app, "Open again").disabled, "only one class is open at a time"
    present = rooms.find(people.find(TEACHER).room)
    assert f"Close “{present.code}” first" in text
    app = opened("class", **{"class": first.id, "tab": "people"})
    assert is_intact(app) and app.title[0].value == "Class 9b, Tuesday"
    assert any("Ada was here" in element.proto.body for element in app.get("html"))
    assert "is closed: no one can join or train" in text_of(app)


def test_it_is_opened_again_once_no_other_is_open(look_as, first):
    with acting_as(people.visitor(TEACHER)):
        rooms.close(rooms.find(people.find(TEACHER).room))
    app = earlier_of(look_as)
    app.button(key=f"reopen-{first.id}").click().run()
    assert rooms.find(first.id).is_open and people.visitor(ADA).role is Role.MEMBER


def test_its_assignments_are_given_to_the_open_class_again(look_as, first):
    app = earlier_of(look_as)
    (task,) = assignments.of_room(first)
    app.button(key=f"again-{task.code}").click().run()
    assert is_intact(app) and app.title[0].value == "Train a model"
    with acting_as(people.visitor(TEACHER)):
        rooms.close(rooms.find(people.find(TEACHER).room))
    app = earlier_of(look_as)
    assert app.button(key=f"again-{task.code}").disabled and "To assign one again, open a class first." in text_of(app)


def test_a_closed_class_shows_its_results_first_and_the_way_to_the_next(look_as, first):
    with acting_as(people.visitor(TEACHER)):
        rooms.close(rooms.find(people.find(TEACHER).room))
        earlier.reopen(first)
    look_as(TEACHER)
    assert " present, " in text_of(opened("class"))
    with acting_as(people.visitor(TEACHER)):
        rooms.close(first)
    app = opened("class")
    text = text_of(app)
    assert is_intact(app) and "**1 member**" in text and " present, " not in text
    assert "Small network" in [one.value for one in app.header], "the leaderboards"
    assert not any("lesson-picture" in element.proto.body for element in app.get("html"))
    button(app, "Open a class").click().run()
    assert rooms.find(people.find(TEACHER).room).is_open


def test_nobody_else_sees_it(look_as, first):
    people.change(OTHER, name="Mr Gauss", role=Role.TEACHER)
    for visitor in (OTHER, ADA):
        look_as(visitor)
        app = opened("class", **{"class": first.id})
        assert is_intact(app) and "Look at the results" not in [one.label for one in app.button]
        assert "Export" not in text_of(app)


@pytest.mark.parametrize("damaged", ["room", "assignment"])
def test_a_damaged_earlier_class_breaks_nothing(look_as, first, damaged):
    found = rooms.folder() if damaged == "room" else assignments.folder()
    path = found / f"{first.id}.json" if damaged == "room" else next(found.glob("??????.json"))
    path.write_text('{"version": 1, "state": 7')
    assert is_intact(earlier_of(look_as))
    assert is_intact(opened("class", **{"class": first.id}))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_name(look_as, name):
    with acting_as(people.visitor(TEACHER)):
        first = rooms.open_new(name)
        rooms.close(first)
        room = rooms.open_new(name)
    app = earlier_of(look_as)
    assert is_intact(app)
    assert "/" not in naming.file_name(room) and "." not in naming.file_name(room)


def test_a_class_is_named_when_it_is_opened_and_later(look_as):
    look_as(TEACHER)
    app = opened("class")
    app.text_input(key="class-name-new").input("9b")
    button(app, "Open a class").click().run()
    room = rooms.find(people.find(TEACHER).room)
    assert (room.name, naming.file_name(room)) == ("9b", f"class-9b-{room.code}")
    next(one for one in app.text_input if one.label == "Name of the class").input("10b")
    button(app, "Save").click().run()
    assert rooms.find(room.id).name == "10b" and app.title[0].value == "Class 10b"


def test_the_closing_dialog_says_what_becomes_of_the_code(look_as):
    with acting_as(people.visitor(TEACHER)):
        rooms.open_new()
    look_as(TEACHER)
    app = opened("class")
    button(app, "Close the class").click().run()
    assert "the code works again only if you open the class again" in text_of(app)
