"""The REST API of a shared server: who has no token sees what a visitor sees, and changes nothing."""

import importlib
import pkgutil
import time

import pytest

from imgcls.api import routes
from imgcls.api.settings import Settings
from imgcls.sharing import Role, Visibility, cookies, ownership, people
from imgcls.sharing.permissions import Thing
from tests.support.api import TOKEN, ApiServer

ADA, BEN = "A" * 22, "B" * 22

# Method and path -> the status for a guest, for Ada's own run, and with the token. "run" is a private run of Ada's.
TABLE = {
    ("GET", "health"): (200, 200, 200),
    ("GET", "ready"): (200, 200, 200),
    ("GET", "metrics"): (403, 403, 200),
    ("GET", "docs"): (200, 200, 200),
    ("GET", "docs/{name}"): (200, 200, 200),
    ("GET", "openapi.json"): (200, 200, 200),
    ("GET", "models"): (200, 200, 200),
    ("GET", "models/{run}"): (404, 200, 200),
    ("POST", "models/{run}/predict"): (401, 401, 415),
    ("GET", "runs"): (200, 200, 200),
    ("GET", "runs/{run}"): (404, 200, 200),
    ("GET", "runs/{run}/metrics"): (404, 200, 200),
    ("POST", "runs"): (401, 401, 415),
    ("POST", "runs/{run}/pause"): (401, 401, 409),
    ("POST", "runs/{run}/resume"): (401, 401, 409),
    ("POST", "runs/{run}/stop"): (401, 401, 409),
}


@pytest.fixture
def private(finished_run, monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    people.change(ADA, name="Ada", role=Role.MEMBER)
    ownership._write(finished_run.folder, Thing(ADA, Visibility.PRIVATE, "", "Ada"), time.time())
    return finished_run


@pytest.fixture
def server(private):
    server = ApiServer(Settings(token=TOKEN))
    yield server
    server.close()


def cookie(visitor):
    return {"Cookie": f"{cookies.NAME}={cookies.make(visitor)}"}


def test_the_table_has_a_line_for_every_route():
    names = [item.name for item in pkgutil.iter_modules(routes.__path__)]
    routers = [importlib.import_module(f"imgcls.api.routes.{name}").router for name in names]
    found = {(method, route.path[1:]) for router in routers for route in router.routes for method in route.methods}
    assert set(TABLE) == found | {("GET", "openapi.json")}


@pytest.mark.parametrize(("method", "path"), TABLE)
def test_a_route_answers_each_visitor_as_the_table_says(server, private, method, path):
    address = path.format(run=private.id, name="swagger-ui.css")
    guest = server.send(method, address, token="", headers=cookie(BEN)).status
    own = server.send(method, address, token="", headers=cookie(ADA)).status
    assert (guest, own, server.send(method, address).status) == TABLE[method, path]


def test_lists_hold_what_the_visitor_sees(server, private):
    for path, name in (("runs", "runs"), ("models", "models")):
        assert server.send("GET", path, token="").json[name] == []
        assert server.send("GET", path, token="", headers=cookie(BEN)).json[name] == []
        assert [run["id"] for run in server.send("GET", path, token="", headers=cookie(ADA)).json[name]] == [private.id]
        assert [run["id"] for run in server.send("GET", path).json[name]] == [private.id]
    assert server.send("GET", "ready", token="").json["models"] == []


def test_a_forged_cookie_sees_what_everybody_sees(server, private):
    forged = {"Cookie": f"{cookies.NAME}={cookies.make(ADA)[:-2]}aa"}
    assert server.send("GET", f"runs/{private.id}", token="", headers=forged).status == 404


def test_a_cookie_does_not_replace_the_token(server, private):
    """A page of another site could send the cookie along; the token it does not know."""
    people.change(BEN, role=Role.OWNER)
    assert server.send("POST", f"runs/{private.id}/stop", token="", headers=cookie(BEN)).status == 401
    assert server.send("GET", "metrics", token="", headers=cookie(BEN)).status == 200
