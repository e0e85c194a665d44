"""Every route of the app's server, Streamlit's own included, and what each kind of visitor gets there."""

import http.client
import json
import subprocess
import sys
from pathlib import Path

import pytest

from imgcls.jobs.together import activities, sending
from imgcls.sharing import Role, acting_as, cookies, people
from imgcls.sharing.classroom import guessing, rooms
from imgcls.system import paths
from tests.browser.support.server import Server, environment
from tests.support.drawing_together import SEVEN

GUEST, ADA, MODERATOR, TEACHER, OWNER = "G" * 22, "A" * 22, "M" * 22, "T" * 22, "O" * 22
WHO = (GUEST, ADA, MODERATOR, TEACHER, OWNER)
LIST = """
import json
from app import app
from imgcls.api.plain_pages import together

found = []
for route in [*app._build_starlette_app().routes, *together._router().routes]:
    if route.path != "/room/{rest:path}":  # behind it are the routes of `together`
        found += [(method, route.path) for method in getattr(route, "methods", None) or ["any"]]
print(json.dumps(found))
"""
EASY = ("HEAD", "OPTIONS")
"""Methods that get less than GET."""
EVERYBODY, NOBODY = (200,) * 5, (404,) * 5
OF_TEACHER, OF_MODERATOR = (403, 403, 403, 200, 200), (403, 403, 200, 200, 200)
NO_TOKEN = (403,) * 5  # against requests of other sites (XSRF)
ANY = 0
AGENT = (403, 403, 403, 403, ANY)  # Streamlit answers its owner

# Method and path -> an address of it, a body, and the status for a guest, a member of the class, one of its moderators,
# its teacher, and the owner of the server. `{number}` is a drawing of the member's. The
# owner has no class.
TABLE: dict[tuple[str, str], tuple[str, dict | None, tuple[int, int, int, int, int]]] = {
    ("GET", "/_stcore/health"): ("", None, EVERYBODY),
    ("GET", "/_stcore/host-config"): ("", None, EVERYBODY),
    ("GET", "/_stcore/metrics"): ("", None, (403, 403, 403, 403, 200)),
    **{
        (method, f"/_stcore/agent/{name}"): ("", None, AGENT)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for name in ("interact", "mcp", "openapi.json")
    },
    ("GET", "/_stcore/bidi-components/{path:path}"): ("/_stcore/bidi-components/x/../../y", None, (400,) * 5),
    ("GET", "/component/{path:path}"): ("/component/x/../../y", None, (400,) * 5),
    ("GET", "/media/{file_id:path}"): ("/media/0123456789abcdef.png", None, NOBODY),
    ("PUT", "/_stcore/upload_file/{session_id}/{file_id}"): ("/_stcore/upload_file/x/y", {}, NO_TOKEN),
    ("DELETE", "/_stcore/upload_file/{session_id}/{file_id}"): ("/_stcore/upload_file/x/y", None, NO_TOKEN),
    ("GET", "/auth/login"): ("", None, (302,) * 5),
    ("GET", "/auth/logout"): ("", None, (302,) * 5),
    ("GET", "/oauth2callback"): ("", None, (302,) * 5),
    ("GET", "/visitor/leave"): ("", None, EVERYBODY),
    ("GET", "/teacher-sheet/{name}"): ("/teacher-sheet/draw", None, OF_TEACHER),
    ("POST", "/teacher-sheet/{name}"): ("/teacher-sheet/draw", None, (403, 403, 403, 303, 409)),
    ("GET", "/figure-menu/{name}"): ("/figure-menu/app.py", None, NOBODY),
    ("GET", "/room/files/{version}/{name:path}"): ("/room/files/x/../../app.py", None, (400,) * 5),
    ("GET", "/room/{code}"): ("", None, (303,) * 5),
    ("GET", "/room/{code}/draw"): ("", None, EVERYBODY),
    ("GET", "/room/{code}/screen"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/state"): ("", None, EVERYBODY),
    ("GET", "/room/{code}/model"): ("", None, NOBODY),
    ("POST", "/room/{code}/predict"): ("", {"strokes": SEVEN}, NOBODY),
    ("POST", "/room/{code}/drawings"): ("", {"activity": "", "strokes": SEVEN, "label": 0}, (403, 200, 200, 200, 200)),
    ("DELETE", "/room/{code}/drawings/{number:int}"): ("", None, (403, 200, 403, 200, 200)),
    ("GET", "/room/{code}/show"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/leaderboard"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/standings"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/stage"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/on_stage"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/invite"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/joined"): ("", None, OF_TEACHER),
    ("GET", "/room/{code}/moderator"): ("", None, OF_MODERATOR),
    ("GET", "/room/{code}/moderation"): ("", None, OF_MODERATOR),
    ("GET", "/room/{code}/class/{label:int}"): ("", None, OF_TEACHER),
    ("POST", "/room/{code}/dismiss"): ("", {}, EVERYBODY),  # who is not in the class has nothing to close
    ("POST", "/room/{code}/moderate"): ("", {"id": 1, "isShown": True}, OF_MODERATOR),
    ("POST", "/room/{code}/names"): ("", {"names": ["Ada"], "isShown": True}, OF_MODERATOR),
    ("POST", "/room/{code}/train"): ("", {}, (403, 403, 403, 422, 422)),  # too few drawings
    ("POST", "/room/{code}/join"): ("", {"name": "Eve"}, (200, 200, 200, 403, 403)),  # last: the guest is then a member
    ("POST", "/visitor/leave"): ("", {}, (303,) * 5),  # after it, cookies of the same second are worthless
}
# Covered elsewhere: the REST API (`test_shared_server`), the protocol of the pages, and the files of Streamlit itself.
OTHERS = {("any", "/api"), ("any", "/_stcore/stream"), ("any", "")}


@pytest.fixture
def school(tmp_path, monkeypatch):
    """A server with the REST API and a class, in which Ada draws."""
    server = Server(tmp_path / "server", tmp_path / "cache", IMGCLS_MODE="classroom", IMGCLS_API="on")
    for name, folder in (("IMGCLS_RUNS", server.runs), ("IMGCLS_OWN_DATA", server.runs.with_name("own"))):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    guessing.forget_all()
    people.change(TEACHER, name="Ms Noether", role=Role.TEACHER)
    people.change(OWNER, name="Owner", role=Role.OWNER)
    with acting_as(people.visitor(TEACHER)):
        server.room = rooms.open_new()
        server.activity = activities.start_collection(server.room, ["1", "7"])
    people.change(ADA, name="Ada", role=Role.MEMBER, room=server.room.id)
    people.change(MODERATOR, name="Mo", role=Role.MODERATOR, room=server.room.id)
    yield server.start()
    server.close()


def status(school, method: str, path: str, body, visitor: str) -> int:
    """Of one request; `{number}` in the path is a new drawing of Ada's."""
    number = 0
    if "{number" in path:
        with acting_as(people.visitor(ADA)):
            number = sending.send(school.room, school.activity.id, {"strokes": SEVEN}, 0).id
    path = path.replace("{number:int}", str(number)).replace("{label:int}", "0").replace("{code}", school.room.code)
    connection = http.client.HTTPConnection("127.0.0.1", school.port, timeout=60)
    headers = {"Cookie": f"{cookies.NAME}={cookies.make(visitor)}", "Content-Type": "application/json"}
    if body is not None and "activity" in body:
        body = body | {"activity": school.activity.id}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def routes(tmp_path: Path) -> set[tuple[str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", LIST],
        cwd=paths.repository_folder(),
        env=environment(tmp_path / "none", tmp_path / "cache") | {"IMGCLS_API": "on"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return {(method, path) for method, path in found if method not in EASY}


def test_the_table_has_a_line_for_every_route(tmp_path):
    assert set(TABLE) == routes(tmp_path) - OTHERS


def test_every_route_answers_each_visitor_as_the_table_says(school):
    wrong = []
    for (method, path), (address, body, expected) in TABLE.items():
        found = tuple(status(school, method, address or path, body, who) for who in WHO)
        if any(expects not in (ANY, gets) for expects, gets in zip(expected, found, strict=True)):
            wrong.append((method, path, found, expected))
    assert wrong == []
