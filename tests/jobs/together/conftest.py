"""A class that draws."""

from tests.api.plain_pages.together.conftest import collection as collection
from tests.api.plain_pages.together.conftest import wall as wall
from tests.sharing.classroom.conftest import classroom as classroom
from tests.sharing.classroom.conftest import join as join
from tests.sharing.classroom.conftest import room as room
