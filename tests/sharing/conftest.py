"""People on a shared server."""

import pytest

from imgcls.sharing import Role, Visitor, people

ADA = Visitor("A" * 22, Role.MEMBER, "Ada")
BEN = Visitor("B" * 22, Role.MEMBER, "Ben")


@pytest.fixture
def shared(monkeypatch):
    """The server in classroom mode."""
    monkeypatch.setenv("IMGCLS_MODE", "classroom")


@pytest.fixture
def ada(shared):
    people.change(ADA.id, name=ADA.name, role=ADA.role)
    return ADA


@pytest.fixture
def ben(shared):
    people.change(BEN.id, name=BEN.name, role=BEN.role)
    return BEN
