"""Classes after their lesson: they have a name, are found once they were closed, and are opened again."""

import pytest

from imgcls.errors import UserError
from imgcls.sharing import Mode, NotAllowed, Role, Thing, Visibility, acting_as, people
from imgcls.sharing.actions import Action
from imgcls.sharing.classroom import earlier, room_files, rooms
from imgcls.sharing.permissions import allowed
from tests.sharing.classroom.conftest import ADA, BEN, TEACHER


def teaching():
    return acting_as(people.visitor(TEACHER.id))


def test_a_class_is_opened_again_with_its_code_and_the_members_who_joined_no_other_since(room, join):
    join(ADA, room, "Ada")
    join(BEN, room, "Ben")
    with teaching():
        rooms.close(room)
        second = rooms.open_new("9b")
    join(BEN, second, "Ben")
    with teaching():
        with pytest.raises(UserError, match="You have an open class"):
            earlier.reopen(room)
        rooms.close(second)
        assert [one.id for one in earlier.earlier(TEACHER.id)] == [second.id, room.id]
        again = earlier.reopen(room)
    assert again.is_open and again.code == room.code and rooms.find_open(room.code) == again
    assert people.visitor(TEACHER.id).room == room.id
    assert (people.visitor(ADA.id).role, people.visitor(ADA.id).room) == (Role.MEMBER, room.id)
    assert people.visitor(BEN.id).role is Role.GUEST, "he has joined another class since"
    assert [one.id for one in earlier.earlier(TEACHER.id)] == [second.id]


def test_a_code_that_another_class_has_meanwhile_is_not_given_twice(room):
    with teaching():
        rooms.close(room)
    other = rooms.Room(f"{room.code}-{'0' * 8}", BEN.id, 1.0)
    room_files.write(other)
    with teaching(), pytest.raises(UserError, match="Another class has this code"):
        earlier.reopen(room)


def test_a_damaged_earlier_class_is_left_out(room):
    with teaching():
        rooms.close(room)
        second = rooms.open_new()
        rooms.close(second)
    (rooms.folder() / f"{room.id}.json").write_text('{"version": 1, "name": [')
    assert [one.id for one in earlier.earlier(TEACHER.id)] == [second.id]


def test_a_teacher_keeps_their_rights_over_what_was_done_in_earlier_classes_and_no_one_else_gets_them(room, join):
    private = Thing(ADA.id, Visibility.PRIVATE, room.id)
    with teaching():
        rooms.close(room)
        rooms.open_new()
    teacher = people.visitor(TEACHER.id)
    assert teacher.room != room.id
    assert allowed(Mode.CLASSROOM, teacher, Action.VIEW_RUN, private)
    people.change(TEACHER.id, role=Role.GUEST)
    assert not allowed(Mode.CLASSROOM, people.visitor(TEACHER.id), Action.VIEW_RUN, private)
    people.change(BEN.id, name="Ben", role=Role.TEACHER)
    assert not allowed(Mode.CLASSROOM, people.visitor(BEN.id), Action.VIEW_RUN, private)
    with acting_as(people.visitor(BEN.id)), pytest.raises(NotAllowed):
        earlier.reopen(room)


@pytest.mark.parametrize("taught", [None, 7, "room", [1, {}], {"a": 1}])
def test_damaged_notes_about_the_classes_somebody_taught_are_none(taught, room):
    path = people.folder() / f"{TEACHER.id}.json"
    content = people.json_files.read_object(path)
    people.atomic.write_json(path, content | {"taught": taught})
    assert people.visitor(TEACHER.id).taught == frozenset()


def test_a_name_is_a_short_line_of_text(room):
    with teaching():
        assert earlier.give_name(room, "  9b,\n\x00Tuesday  ").name == "9b, Tuesday"
        assert len(earlier.give_name(room, "x" * 500).name) == 40
        assert earlier.give_name(room, " ").name == ""
    room_files.write(rooms.Room(room.id, TEACHER.id, 1.0, name="9b"))
    assert rooms.find(room.id).name == "9b"
