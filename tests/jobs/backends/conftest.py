import pytest

from imgcls import jobs
from tests.jobs.backends import places
from tests.jobs.backends.scene import Scene


@pytest.fixture(params=places.PLACES, ids=lambda place: place.__name__.lower())
def place(request, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr("imgcls.jobs.queue.RETRY_SECONDS", 0.1)
    monkeypatch.setattr("imgcls.jobs.queue.REFUSED_PAUSES", (0.05, 0.1, 0.2))
    made = request.param(tmp_path, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def scene(place, wait_until):
    return Scene(place, wait_until)
