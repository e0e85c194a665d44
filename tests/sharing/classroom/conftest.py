"""A class: a teacher with an open room, and pupils."""

import pytest

from imgcls.sharing import Role, Visitor, acting_as, people
from imgcls.sharing.classroom import guessing, rooms

TEACHER = Visitor("T" * 22, Role.TEACHER, "Ms Noether")
ADA, BEN, EVE = Visitor("A" * 22), Visitor("B" * 22), Visitor("E" * 22)


@pytest.fixture(autouse=True)
def classroom(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    guessing.forget_all()
    people.change(TEACHER.id, name=TEACHER.name, role=TEACHER.role)


@pytest.fixture
def room():
    with acting_as(people.visitor(TEACHER.id)):
        return rooms.open_new()


@pytest.fixture
def join():
    """`join(visitor, room, name)`: he joins, and is returned as he is then."""

    def join(visitor, room, name):
        with acting_as(people.visitor(visitor.id)):
            rooms.join(room.code, name)
        return people.visitor(visitor.id)

    return join
