"""The API in the app's own server: only if it is switched on."""

import http.client
import json

import pytest

from imgcls.api import in_app
from imgcls.system import paths
from tests.browser.support.server import Server
from tests.support.api import TOKEN


def test_the_api_is_off_by_default():
    assert list(in_app.routes()) == []


def test_the_api_is_enabled_by_a_variable(monkeypatch):
    monkeypatch.setenv("IMGCLS_API", "on")
    (route,) = in_app.routes()
    assert route.path == "/api"


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [("IMGCLS_API_TOKEN", "short", "at least 16"), ("IMGCLS_API_MAX_MB", "-1", "IMGCLS_API_MAX_MB is '-1'")],
)
def test_with_an_invalid_setting_the_app_starts_without_it_and_logs_why(monkeypatch, caplog, variable, value, part):
    monkeypatch.setenv("IMGCLS_API", "on")
    monkeypatch.setenv(variable, value)
    assert list(in_app.routes()) == [] and part in caplog.text
    assert value not in caplog.text or variable != "IMGCLS_API_TOKEN"


def test_without_its_packages_the_app_starts_and_logs_how_to_install_them(monkeypatch, caplog):
    monkeypatch.setenv("IMGCLS_API", "on")
    monkeypatch.setattr(in_app, "NEEDED", ("no_such_package",))
    assert list(in_app.routes()) == [] and 'pip install "imgcls[serve]"' in caplog.text


def test_the_app_serves_its_pages_and_the_guarded_api_on_one_port(tmp_path):
    server = Server(tmp_path / "server", tmp_path / "cache", IMGCLS_API="on", IMGCLS_API_TOKEN=TOKEN)
    try:
        server.add(paths.repository_folder() / "saved_models" / "digits")
        server.start()
        body = json.dumps({"strokes": [[140, 50, 20, 140, 230, 20]]})
        assert ask(server, "GET", "/")[0] == 200
        assert ask(server, "POST", "/api/models/digits/predict", body)[0] == 401
        assert ask(server, "GET", "/api/runs", headers={"Origin": "http://evil.example"})[0] == 403
        status, content = ask(server, "POST", "/api/models/digits/predict", body, {"Authorization": f"Bearer {TOKEN}"})
        assert status == 200 and json.loads(content)["images"][0]["prediction"] == "1"
        assert ask(server, "GET", "/api/openapi.json")[0] == 200
    finally:
        server.close()


def ask(server: Server, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, path, body, {"Content-Type": "application/json"} | (headers or {}))
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content
