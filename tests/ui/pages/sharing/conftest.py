"""Pages of a shared server."""

import pytest

from imgcls import jobs
from imgcls.sharing import Role, acting_as, people, visitors
from imgcls.sharing.classroom import guessing, rooms
from imgcls.sharing.classroom.rooms import Room


def prepare_classroom(monkeypatch, teacher: str) -> None:
    """The mode `classroom` with a teacher, who has this ID; no queue is started."""
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    monkeypatch.setattr(jobs, "wake", lambda: None)
    guessing.forget_all()
    people.change(teacher, name="Ms Noether", role=Role.TEACHER)


def open_class(teacher: str, members: dict[str, str], name: str = "") -> Room:
    """The teacher opens a class, and members join: by their ID, their names."""
    with acting_as(people.visitor(teacher)):
        room = rooms.open_new(name)
    for visitor_id, member in members.items():
        with acting_as(people.visitor(visitor_id)):
            rooms.join(room.code, member)
    return room


@pytest.fixture
def look_as(monkeypatch):
    """`look_as(ID)`: from now on this visitor looks at the pages."""
    return lambda visitor_id: monkeypatch.setattr(visitors, "_provider", lambda: people.visitor(visitor_id))
