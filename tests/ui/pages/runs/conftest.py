"""No page of runs starts a queue."""

import pytest

from imgcls import jobs


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
