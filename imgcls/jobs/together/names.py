"""Which names the projector shows: those that the teacher has seen and approved. Anybody with the code can join.

The teacher approves the names of a list, so what is kept is when the latest of them was entered: a name that is entered
or changed later is not shown.
"""

from collections.abc import Sequence

from imgcls.jobs.together import activities
from imgcls.jobs.together.activities import Activity
from imgcls.sharing import people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.people import Person

HIDDEN = "Name to approve"


def to_approve(room: Room, activity: Activity) -> list[Person]:
    """The members whose names the projector does not show."""
    return [person for person in rooms.members(room) if person.changed > activity.names_until]


def on_screen(room: Room, activity: Activity) -> dict[str, str]:
    """Visitor ID -> what the projector shows, of the members and the teacher."""
    hidden = {person.id for person in to_approve(room, activity)}
    found = {person.id: HIDDEN if person.id in hidden else person.name for person in rooms.members(room)}
    return found | {room.teacher: people.find(room.teacher).name}


def approve(room: Room, seen: Sequence[Person]) -> None:
    """Let the projector show these names, as they were when the teacher saw them.

    Raises:
        NotAllowed: the present visitor is not the teacher of the class.
        UserError: there is no activity, or it cannot be written.
    """
    activities.change(room, names_until=max(person.changed for person in seen))
