"""Lessons in one browser."""

import pytest

from imgcls.sharing import lesson_progress
from imgcls.sharing.visitors import SERVER
from imgcls.ui.app.lessons import stored


@pytest.fixture(autouse=True)
def same_browser(monkeypatch):
    """Each page is opened in the browser in which the lesson was begun."""
    monkeypatch.setattr(stored, "of_browser", lambda: lesson_progress.read(SERVER).current)
