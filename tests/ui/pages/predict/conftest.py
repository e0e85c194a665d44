"""A copy of the shipped digit model, as a run of one's own."""

import pytest

from imgcls.runs import Run
from tests.support.images.drawing_pages import copied


@pytest.fixture
def reader() -> Run:
    return copied()
