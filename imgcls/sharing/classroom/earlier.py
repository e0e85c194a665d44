"""What is done to a room beyond its lesson: it gets a name, is found once it was closed, and is opened again."""

from imgcls.errors import UserError
from imgcls.sharing import Action, Role, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.room_files import CLASS_NAME_LENGTH, all_of, changed, changing, note_taught, tidy_text
from imgcls.sharing.classroom.rooms import Room


def reopen(room: Room) -> Room:
    """Open a closed room again, with its code, its assignments and the members who have joined no other class since.

    It becomes its teacher's class; the one that was theirs stays closed.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: the teacher has an open room, another class has the code now, or it cannot be written.
    """
    rooms.require(Action.REOPEN_CLASS, room)
    with changing():
        present = rooms.find(people.find(room.teacher).room)
        if present is not None and present.is_open and present.id != room.id:
            raise UserError("You have an open class. Close it first.")
        other = rooms.find_open(room.code)
        if other is not None and other.id != room.id:
            raise UserError("Another class has this code now. Open a new class.")
        room = changed(room, closed=0.0, message="")
        note_taught(room)
        for person in rooms.members(room):
            if person.role is Role.GUEST:
                people.change(person.id, role=Role.MEMBER)
    return room


def earlier(teacher: str) -> list[Room]:
    """The closed rooms of a teacher, the latest first. A damaged one is left out."""
    found = [room for room in all_of() if room.teacher == teacher and not room.is_open]
    return sorted(found, key=lambda room: room.opened, reverse=True)


def give_name(room: Room, name: str) -> Room:
    """Name a room; "" for no name. At most `CLASS_NAME_LENGTH` characters are kept.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    rooms.require(Action.NAME_CLASS, room)
    with changing():
        return changed(room, name=tidy_text(name, CLASS_NAME_LENGTH))
