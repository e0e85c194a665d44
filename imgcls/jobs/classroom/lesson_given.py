"""A teacher gives the open class a lesson: from its page, and from its sheet."""

from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import LESSON
from imgcls.sharing import Visitor
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room


def class_of(visitor: Visitor) -> Room | None:
    """The open class of which the visitor is the teacher."""
    room = rooms.find(visitor.room)
    return room if room is not None and room.is_open and rooms.manages(visitor, room) else None


def is_given(room: Room, name: str) -> bool:
    """Whether the class has this lesson at present."""
    return any(one.is_open and one.state.get(LESSON) == name for one in assignments.of_room(room))


def give(room: Room, name: str, title: str) -> None:
    """Give the class this lesson.

    Raises:
        UserError: it cannot be given, or the present visitor may not.
    """
    assignments.make(room, "lessons", title, {LESSON: name})
