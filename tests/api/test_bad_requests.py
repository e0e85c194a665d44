"""Every route of the API with every bad request: one JSON error of one shape, and nothing half-written.

The bad runs are those of the table of commands (tests/cli/commands/test_bad_input.py).
"""

import errno
import io
import os
import shutil

import pytest
from PIL import Image, ImageDraw

from imgcls import jobs
from imgcls.api import bodies
from imgcls.jobs import waiting_list
from imgcls.runs import Run
from imgcls.system import atomic, paths
from tests.api.test_shared_server import TABLE
from tests.cli.commands.test_bad_input import BAD_RUNS
from tests.support.api import chunks, form
from tests.support.drawing_together import Site

SHIPPED = paths.repository_folder() / "saved_models" / "digits"
SMALL = {"settings": {"data": "digits", "model": "ann", "epochs": 1, "model_settings": {"units": 8}}}
STROKES = {"strokes": [[140, 60, 20, 140, 220, 20]]}
PREDICT, CONTROL = "models/{run}/predict", ("runs/{run}/pause", "runs/{run}/resume", "runs/{run}/stop")
FILE = form([("one.png", (SHIPPED / "label.txt").read_bytes())])

# Route with a run -> the status for each bad run. 200: the route does not read what is missing or damaged.
STATUS = {
    ("GET", "models/{run}"): {"unknown": 404, "unfinished": 404, "damaged card": 500, "damaged model": 200},
    ("POST", PREDICT): {"unknown": 404, "unfinished": 404, "damaged card": 500, "damaged model": 500},
    ("GET", "runs/{run}"): {"unknown": 404, "unfinished": 200, "damaged card": 200, "damaged result": 200},
    ("GET", "runs/{run}/metrics"): {"unknown": 404, "unfinished": 200, "damaged result": 500},
    **{("POST", path): dict.fromkeys(BAD_RUNS, 409) | {"unknown": 404} for path in CONTROL},
}
WITHOUT_PREDICTIONS = {"without predictions": 200, "damaged predictions": 200}  # no route reads them
BODIES = {
    "empty": (b"", None, 415),
    "empty JSON": (b"", "application/json", 400),
    "cut JSON": (b'{"strokes": [', "application/json", 400),
    "a list": (b"[]", "application/json", 422),
    "another type": (b"strokes=1", "application/x-www-form-urlencoded", 415),
    "large JSON": (b" " * (bodies.MAX_JSON_BYTES + 1), "application/json", 413),
    "no strokes": (b'{"strokes": []}', "application/json", 422),
}
OF_IMAGES = {
    "no file": (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
    "half a form": (FILE[0][: len(FILE[0]) // 2], FILE[1], 422),
    "not an image": (*FILE, 422),
    "an empty image": (b"", "image/png", 422),
}


@pytest.fixture
def server(serve, monkeypatch):
    """The API with the runs `digits` and `bad`, which a test may damage; nothing is started from the queue."""
    monkeypatch.setattr(jobs, "wake", lambda: None)
    for name in ("digits", "bad"):
        shutil.copytree(SHIPPED, paths.runs_folder() / name)
    return serve()


def files() -> dict[str, bytes]:
    """All files of the runs folder, except those that only note what exists."""
    root = paths.runs_folder()
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.relative_to(root).parts[0].startswith(".index") and path.suffix != ".lock"
    }


def is_one_error(reply, status: int) -> None:
    """The reply is an error with this status in the common shape, with one sentence or a few."""
    assert reply.status == status, reply.body[:300]
    assert reply.headers["Content-Type"].startswith("application/json")
    found = reply.json
    assert {"status", "error", "message"} <= set(found) <= {"status", "error", "message", "images"}
    assert found["status"] == status and found["message"].endswith(".") and len(found["message"]) < 400
    assert "Traceback" not in found["message"] and "\n" not in found["message"] and "Error" not in found["message"]


def test_the_table_has_every_route_with_a_run():
    assert set(STATUS) == {(method, path) for method, path in TABLE if "{run}" in path}


@pytest.mark.parametrize(
    ("method", "path", "bad", "status"),
    [(*route, *one) for route, table in STATUS.items() for one in (table | WITHOUT_PREDICTIONS).items()],
)
def test_a_bad_run_gets_one_error(server, method, path, bad, status):
    BAD_RUNS[bad](Run(paths.runs_folder() / "bad"))
    before = files()
    address = path.format(run="bad")
    reply = server.post_json(address, STROKES) if path == PREDICT else server.send(method, address)
    if path in CONTROL and bad in WITHOUT_PREDICTIONS:
        status = 409  # a finished run is left alone
    if status == 200:
        assert reply.status == 200
    else:
        is_one_error(reply, status)
    assert files() == before


@pytest.mark.parametrize(("path", "what"), [(path, what) for path in (PREDICT, "runs") for what in BODIES])
def test_a_bad_body_gets_one_error(server, digits, path, what):
    body, kind, status = BODIES[what]
    before = files()
    is_one_error(server.send("POST", path.format(run="digits"), body, {"Content-Type": kind} if kind else {}), status)
    assert files() == before


@pytest.mark.parametrize("what", OF_IMAGES)
def test_a_body_without_an_image_gets_one_error(server, what):
    body, kind, status = OF_IMAGES[what]
    is_one_error(server.send("POST", PREDICT.format(run="digits"), body, {"Content-Type": kind}), status)


@pytest.mark.parametrize(("size", "status"), [((31, 57), 200), ((400, 300), 200), ((1, 1), 422)])
def test_an_image_of_another_size_is_fitted_and_one_of_no_size_refused(server, size, status):
    image, content = Image.new("L", size, 255), io.BytesIO()
    width, height = size
    ImageDraw.Draw(image).line((width / 2, height / 6, width / 2, height * 5 / 6), 0, max(1, width // 10))
    image.save(content, "PNG")
    reply = server.post_files(PREDICT.format(run="digits"), [("a.png", content.getvalue())])
    if status == 200:
        assert reply.status == 200
    else:
        is_one_error(reply, status)


@pytest.mark.parametrize(("method", "path"), TABLE)
def test_every_route_checks_host_origin_rate_and_token(serve, method, path):
    for name in ("digits", "bad"):
        shutil.copytree(SHIPPED, paths.runs_folder() / name)
    address = path.format(run="digits", name="swagger-ui.css")
    body = None if method == "GET" else b"{}"
    server = serve(max_bytes=1_000)
    is_one_error(server.send(method, address, body, {"Host": "evil.example"}), 400)
    is_one_error(server.send(method, address, body, {"Origin": "http://evil.example"}), 403)
    is_one_error(server.send("PATCH", address, body), 405)
    if method == "POST":
        is_one_error(server.send(method, address, body, token=""), 401)
        is_one_error(server.send(method, address, bytes(2_000), {"Content-Type": "image/png"}), 413)
    hurried = serve(rate=0.5)
    hurried.get("health")
    is_one_error(hurried.send(method, address, body), 429)


@pytest.mark.parametrize("kind", ["application/json", "image/png", "form"])
@pytest.mark.parametrize("path", [PREDICT, "runs"])
def test_a_body_that_hides_its_length_is_cut_off(serve, path, kind):
    shutil.copytree(SHIPPED, paths.runs_folder() / "digits")
    body, content = form([("large.png", bytes(100_000))]) if kind == "form" else (b"[" * 100_000, kind)
    reply = serve(max_bytes=10_000).send(
        "POST", path.format(run="digits"), chunks(body, 5_000), {"Content-Type": content}
    )
    is_one_error(reply, 413 if path == PREDICT or kind == "application/json" else 415)


def full(*_args, **_more):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def forbidden(*_args, **_more):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize(("fault", "status"), [(full, 507), (forbidden, 500)])
def test_a_training_that_cannot_be_stored_leaves_nothing_behind(server, digits, monkeypatch, fault, status):
    before = files()
    monkeypatch.setattr(atomic, "write_bytes", fault)
    reply = server.post_json("runs", SMALL)
    is_one_error(reply, status)
    assert "runs" in reply.json["message"]
    assert files() == before and waiting_list.waiting() == []


@pytest.mark.parametrize(("fault", "status"), [(full, 507), (forbidden, 500)])
@pytest.mark.parametrize("what", ["pause", "resume", "stop"])
def test_a_request_that_cannot_be_stored_changes_nothing(serve, make_run, monkeypatch, what, fault, status):
    run, api = make_run(heartbeat=0), serve()
    monkeypatch.setattr(jobs, "wake", lambda: None)
    before = run.request
    for name in ("write_json", "write_bytes"):
        monkeypatch.setattr(atomic, name, fault)
    is_one_error(api.send("POST", f"runs/{run.id}/{what}"), status)
    assert run.request == before


def test_an_upload_that_fills_the_disk_gets_one_error(server, monkeypatch):
    """Files above 1 MB are kept on disk while they arrive."""
    monkeypatch.setattr(bodies, "_files", full)
    body, kind = form([("large.png", b"x")])
    is_one_error(server.send("POST", PREDICT.format(run="digits"), body, {"Content-Type": kind}), 507)


def test_a_name_that_exists_replaces_no_run(server, digits):
    first, second = (server.post_json("runs", SMALL | {"name": "Mine"}).json["id"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("path", ["/api/runs", "/other"])
def test_the_apps_own_checks_answer_in_the_shape_of_the_address(path, monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    reply = Site().ask("GET", path, host="evil.example")
    assert reply.status == 400
    assert reply.headers["content-type"].startswith("application/json" if path == "/api/runs" else "text/plain")
    if path == "/api/runs":
        assert set(reply.json) == {"status", "error", "message"}
