"""The API with the shipped models, on its own port."""

import pytest

from imgcls.api.settings import Settings
from imgcls.system import paths
from tests.support.api import TOKEN, ApiServer


@pytest.fixture
def shipped(own_folders):
    """`shipped("digits")` puts a shipped run into the test's runs folder; it is not to be changed."""

    def add(name: str):
        root = paths.runs_folder()
        root.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(paths.repository_folder() / "saved_models" / name)

    return add


@pytest.fixture
def serve(own_folders):
    """`serve(rate=1)` starts the API with these settings."""
    servers = []

    def start(**settings) -> ApiServer:
        servers.append(ApiServer(Settings(**{"token": TOKEN, "rate": 1000.0} | settings)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def api(shipped, serve) -> ApiServer:
    """The API with the shipped model of digits."""
    shipped("digits")
    return serve()
