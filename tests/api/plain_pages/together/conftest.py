"""A class that draws, and its site."""

import pytest

from imgcls.api.plain_pages.together import asking
from imgcls.jobs.together import activities
from imgcls.sharing import acting_as, people
from tests.sharing.classroom.conftest import TEACHER
from tests.sharing.classroom.conftest import classroom as classroom
from tests.sharing.classroom.conftest import join as join
from tests.sharing.classroom.conftest import room as room
from tests.support.drawing_together import Site, add_digits_model


@pytest.fixture
def site(monkeypatch) -> Site:
    for rates in asking._rates.values():
        rates._buckets.clear()
    return Site()


@pytest.fixture
def wall(room):
    """A wall that the shipped model reads."""
    add_digits_model()
    with acting_as(people.visitor(TEACHER.id)):
        return activities.start_wall(room, "digits")


@pytest.fixture
def photo_collection(room):
    """A collection of photos of cups and pens."""
    with acting_as(people.visitor(TEACHER.id)):
        return activities.start_collection(room, ["cup", "pen"], has_photos=True)


@pytest.fixture
def collection(room):
    """A collection of ones and sevens."""
    with acting_as(people.visitor(TEACHER.id)):
        return activities.start_collection(room, ["1", "7"])
