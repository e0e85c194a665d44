"""What a class is called: by its name and code, on pages, on screens and in the name of a file."""

from imgcls.languages import gettext as _
from imgcls.sharing.classroom.rooms import Room


def title(room: Room) -> str:
    """The name of a class with its code; one without a name is called by its code."""
    return f"{room.name} ({room.code})" if room.name else _("Class {code}").format(code=room.code)


def file_name(room: Room) -> str:
    """For the archive of a class, without an ending and without what a file system refuses."""
    kept = "".join(letter if letter.isalnum() or letter in "_" else " " for letter in room.name).split()
    return "-".join(["class", *kept, room.code])
