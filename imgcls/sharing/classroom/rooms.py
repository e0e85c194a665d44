"""A room: one class with its teacher, for a lesson or a term.

Who belongs to a room is a fact about a person (`people.Person.room`).
Joining makes a guest a member, and the teacher makes a member a moderator; who leaves, is removed, or whose class is
closed, is a guest again.
"""

import secrets
import time
import unicodedata

from imgcls import sharing
from imgcls.errors import UserError
from imgcls.sharing import Action, Mode, NotAllowed, Role, Visitor, people, permissions
from imgcls.sharing.classroom import guessing
from imgcls.sharing.classroom.room_files import CLASS_NAME_LENGTH as CLASS_NAME_LENGTH
from imgcls.sharing.classroom.room_files import CODE_LENGTH as CODE_LENGTH
from imgcls.sharing.classroom.room_files import MESSAGE_LENGTH as MESSAGE_LENGTH
from imgcls.sharing.classroom.room_files import Room as Room
from imgcls.sharing.classroom.room_files import all_of, changed, changing, note_taught, tidy_text, write
from imgcls.sharing.classroom.room_files import all_open as all_open
from imgcls.sharing.classroom.room_files import find as find
from imgcls.sharing.classroom.room_files import find_open as find_open
from imgcls.sharing.classroom.room_files import folder as folder
from imgcls.sharing.classroom.room_files import tidy as tidy
from imgcls.sharing.owner_code import LETTERS
from imgcls.sharing.people import NAME_LENGTH, Person

MOST_MEMBERS = 200
NOT_HERE = "This person is no longer in the class. Choose another name."
WRONG_CODE = "There is no open class with this code. Compare it with the one your teacher shows."


def members(room: Room) -> list[Person]:
    """Who has joined, by name, without the teacher."""
    return [person for person in people.everybody() if person.room == room.id and person.id != room.teacher]


def manages(visitor: Visitor, room: Room) -> bool:
    """Whether a visitor is the room's teacher, or the owner of the server."""
    return permissions.allowed(sharing.mode(), visitor, Action.CLOSE_CLASS, room.thing).allowed


def require(action: Action, room: Room) -> None:
    """Stop here if the present visitor may not do this to this room.

    Raises:
        NotAllowed: they may not.
    """
    decision = permissions.allowed(sharing.mode(), sharing.current(), action, room.thing)
    if not decision.allowed:
        raise NotAllowed(decision.reason)


def may_open(visitor: Visitor) -> bool:
    """Whether a visitor may have a class. The owner of the server may do everything, but only one mode has classes."""
    may = permissions.allowed(sharing.mode(), visitor, Action.OPEN_CLASS).allowed
    return may and sharing.mode() is Mode.CLASSROOM and bool(visitor.id)


def open_new(name: str = "") -> Room:
    """Open a room whose teacher is the present visitor; it may have a name.

    Raises:
        NotAllowed: they are no teacher.
        UserError: they have an open room, or it cannot be written.
    """
    visitor = sharing.current()
    if not may_open(visitor):
        raise NotAllowed("Only teachers and the owner of the server may open a class.")
    with changing():
        present = find(people.find(visitor.id).room)
        if present is not None and present.is_open:
            raise UserError("You have an open class. Close it first.")
        code = ""
        while not code or find_open(code):
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        room = Room(f"{code}-{secrets.token_hex(4)}", visitor.id, time.time(), name=tidy_text(name, CLASS_NAME_LENGTH))
        write(room)
        note_taught(room)
    return room


def join(code: str, name: str, address: str = "") -> Room:
    """Let the present visitor join the open room with this code. Of two people with the same name, one gets a number.

    Args:
        address: The IP address they come from, for the limit on wrong codes; "" if unknown.

    Raises:
        UserError: there is no such room, too many codes were wrong, the name is empty, or the room is full.
        NotAllowed: they are a teacher, or the server is not in classroom mode.
    """
    visitor = sharing.current()
    if sharing.mode() is not Mode.CLASSROOM:
        raise NotAllowed("There are no classes on this server.")
    if visitor.role in (Role.TEACHER, Role.OWNER):
        raise NotAllowed("You are a teacher here. To see a class as a pupil does, join it in another browser.")
    with changing():
        guessing.check(visitor.id, address)
        room = find_open(code)
        if room is None:
            guessing.note_wrong(visitor.id, address)
            raise UserError(WRONG_CODE)
        others = [person for person in members(room) if person.id != visitor.id]
        if len(others) >= MOST_MEMBERS:
            raise UserError(f"This class is full: it has {len(others)} members.")
        taken = [person.name for person in (*others, people.find(room.teacher))]
        if visitor.room != room.id:
            _take_off_stage(visitor.id, visitor.room)
        stays = visitor.role is Role.MODERATOR and visitor.room == room.id  # they enter another name
        role = Role.MODERATOR if stays else Role.MEMBER
        people.change(visitor.id, name=_free_name(people.checked_name(name), taken), role=role, room=room.id)
    return room


def leave() -> None:
    """The present visitor leaves their room. A teacher closes it instead.

    Raises:
        UserError: it cannot be written.
    """
    with changing():
        visitor = sharing.current()
        _take_off_stage(visitor.id, visitor.room)
        _dismiss(visitor.id, room="")


def remove(room: Room, visitor_id: str) -> None:
    """Remove a member. Their runs stay; they can join again with the code.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require(Action.REMOVE_MEMBER, room)
    with changing():
        if people.find(visitor_id).room == room.id and visitor_id != room.teacher:
            _take_off_stage(visitor_id, room.id)
            _dismiss(visitor_id, room="")


def appoint(room: Room, visitor_id: str, *, is_moderator: bool = True) -> None:
    """Make a member a moderator, who approves and hides what the class sends, or take that back.

    It ends when they leave, and when the class is closed.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: nobody with this ID is in the class, the class is closed, or it cannot be written.
    """
    require(Action.CHOOSE_MODERATORS, room)
    with changing():
        person, present = people.find(visitor_id), find(room.id)
        if present is None or not present.is_open:
            raise UserError("This class is closed. Open a class first.")
        if person.room != room.id or person.role not in (Role.MEMBER, Role.MODERATOR):
            raise UserError(NOT_HERE)
        people.change(visitor_id, role=Role.MODERATOR if is_moderator else Role.MEMBER)


def put_on_stage(room: Room, visitor_id: str) -> Room:
    """Show the latest run of a member to the class, on the teacher's screen; "" ends it. The member sees a note.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: nobody with this ID is in the class, or it cannot be written.
    """
    require(Action.SHOW_ON_STAGE, room)
    with changing():
        if visitor_id and visitor_id not in {person.id for person in members(room)}:
            raise UserError(NOT_HERE)
        return changed(room, on_stage=visitor_id)


def close(room: Room) -> Room:
    """Close a room: nobody can join, and its members can no longer start training runs. They still see its runs.

    Trainings in progress go on; the teacher can stop them.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require(Action.CLOSE_CLASS, room)
    with changing():
        room = changed(room, closed=time.time(), is_paused=False, on_stage="")
        for person in members(room):
            _dismiss(person.id, room=room.id)
    return room


def announce(room: Room, text: str) -> Room:
    """Show a message on the pages of all members; "" removes it. At most `MESSAGE_LENGTH` characters are kept.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require(Action.MESSAGE_CLASS, room)
    with changing():
        return changed(room, message=tidy_text(text, MESSAGE_LENGTH), said=time.time())


def message_for(room: Room, visitor_id: str) -> str:
    """The message to the class; "" if there is none, or this member has dismissed it."""
    dismissed = people.find(visitor_id).dismissed
    return "" if dismissed and room.said <= dismissed else room.message


def note_paused(room: Room, is_paused: bool) -> Room:
    """Note that the teacher has paused all training runs, or no longer has. `work.pause_all` pauses them.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require(Action.PAUSE_CLASS, room)
    with changing():
        return changed(room, is_paused=is_paused)


def forget(visitor_id: str) -> list[Room]:
    """Remove a person from the files of all rooms, at their wish; returns the rooms that they were the teacher of.

    Those are closed, and their files removed: a class without a teacher is of no use to anybody.

    Raises:
        UserError: a file cannot be written.
    """
    taught = []
    with changing():
        for room in all_of():
            if room.teacher == visitor_id:
                for person in members(room):
                    _dismiss(person.id, room=room.id)
                (folder() / f"{room.id}.json").unlink(missing_ok=True)
                taught.append(room)
            elif room.on_stage == visitor_id:
                changed(room, on_stage="")
    return taught


def _take_off_stage(visitor_id: str, room_id: str) -> None:
    room = find(room_id)
    if room is not None and room.on_stage == visitor_id:
        changed(room, on_stage="")


def _free_name(name: str, taken: list[str]) -> str:
    used = {_folded(other) for other in taken}
    number, candidate = 1, name
    while _folded(candidate) in used:
        number += 1
        ending = f" {number}"
        candidate = name[: NAME_LENGTH - len(ending)].rstrip() + ending
    return candidate


def _folded(name: str) -> str:
    """Names that look the same are the same."""
    visible = "".join(letter for letter in name if letter not in people.JOINERS)
    return unicodedata.normalize("NFKC", visible).casefold()


def _dismiss(visitor_id: str, *, room: str) -> None:
    person = people.find(visitor_id)
    if person.id:
        is_member = person.role in (Role.MEMBER, Role.MODERATOR)
        people.change(person.id, room=room, role=Role.GUEST if is_member else person.role)
