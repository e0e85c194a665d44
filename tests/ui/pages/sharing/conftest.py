"""Pages of a shared server."""

import pytest

from imgcls.sharing import people, visitors


@pytest.fixture
def look_as(monkeypatch):
    """`look_as(ID)`: from now on this visitor looks at the pages."""
    return lambda visitor_id: monkeypatch.setattr(visitors, "_provider", lambda: people.visitor(visitor_id))
