"""The cookie, the refusals and the headers of a shared server, as the middleware answers and passes requests on."""

import asyncio

import pytest
from starlette.datastructures import Headers

from imgcls.api.middleware.visitors import FRAMES, Visitors, visitor_of
from imgcls.sharing import Role, cookies, people

OWN = "http://127.0.0.1:8501"


class Server:
    """What the middleware passes on, behind it a page (text/html) and everything else (text/plain)."""

    def __init__(self):
        self.scopes = []
        self.app = Visitors(self._answer, lambda who, path: path.endswith(f"/{who}.png"))

    async def _answer(self, scope, receive, send):
        self.scopes.append(scope)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.accept", "headers": []})
        kind = b"text/html; charset=utf-8" if scope["path"] == "/" else b"text/plain"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        return await send({"type": "http.response.body", "body": b"ok"})

    def ask(self, path="/", *, method="GET", kind="http", host="127.0.0.1:8501", **headers):
        """The first message of the answer, and its headers."""
        sent = []
        given = [(b"host", host.encode())] if host else []
        given += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": kind, "method": method, "path": path, "headers": given, "scheme": "http"}

        async def send(message):
            sent.append(message)

        asyncio.run(self.app(scope, None, send))
        return sent[0], Headers(raw=sent[0].get("headers", []))

    @property
    def visitor(self) -> str:
        """The visitor whom the application behind the middleware finds in the last request."""
        return visitor_of(Headers(scope=self.scopes[-1]))[0]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    for name in (FRAMES, "IMGCLS_HOSTS", "IMGCLS_API_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    return Server()


def set_cookie(headers):
    return headers["set-cookie"].split(";")[0]


def test_a_new_visitor_gets_a_cookie_with_the_page_and_is_known_at_once(server):
    _, headers = server.ask()
    attributes = {part.strip().lower() for part in headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", f"max-age={cookies.MAX_AGE}"} <= attributes
    assert "secure" not in attributes
    first = server.visitor
    assert first
    server.ask(cookie=f"other=1; {set_cookie(headers)}")
    assert server.visitor == first


def test_a_known_visitor_gets_no_other_cookie(server):
    _, headers = server.ask(cookie=f"{cookies.NAME}={cookies.make(cookies.new_id())}")
    assert "set-cookie" not in headers


def test_the_cookie_is_secure_over_https(server):
    _, headers = server.ask(x_forwarded_proto="https")
    assert "Secure" in headers["set-cookie"]


def test_only_pages_give_cookies(server):
    _, headers = server.ask("/static/a.js")
    assert "set-cookie" not in headers


def test_a_websocket_without_a_cookie_gets_one(server):
    message, headers = server.ask("/_stcore/stream", kind="websocket", origin=OWN)
    assert message["type"] == "websocket.accept"
    assert visitor_of(Headers({"cookie": set_cookie(headers)}))[0] == server.visitor != ""


@pytest.mark.parametrize("cookie", ["x", f"{'A' * 22}.1767225600.{'A' * 43}", "a=b; imgcls_visitor="])
def test_a_forged_cookie_becomes_a_new_visitor(server, cookie):
    people.change("A" * 22, role=Role.OWNER)
    server.ask(cookie=cookie if "=" in cookie else f"{cookies.NAME}={cookie}")
    assert server.visitor not in ("", "A" * 22)
    assert people.visitor(server.visitor).role is Role.GUEST


def test_an_expired_cookie_becomes_a_new_visitor(server):
    old = cookies.make("A" * 22, 1_000_000_000)
    _, headers = server.ask(cookie=f"{cookies.NAME}={old}")
    assert server.visitor not in ("", "A" * 22)
    assert old not in headers["set-cookie"]


def test_two_cookies_name_nobody(server):
    """A page of a neighbouring site may set a second one; which of them counts must not be a matter of order."""
    first, second = (cookies.make(cookies.new_id()) for _ in range(2))
    server.ask(cookie=f"{cookies.NAME}={first}; {cookies.NAME}={second}")
    assert server.visitor not in ("", first.split(".")[0], second.split(".")[0])


def test_an_old_cookie_is_replaced_by_one_of_the_same_visitor(server, monkeypatch):
    monkeypatch.setattr(cookies, "RENEW_AGE", -1)
    cookie = cookies.make("A" * 22)
    _, headers = server.ask(cookie=f"{cookies.NAME}={cookie}")
    assert visitor_of(Headers({"cookie": set_cookie(headers)}))[0] == "A" * 22


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "localhost.evil.example", "", "a b"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_name_for_the_server_is_refused(server, host, kind):
    message, _ = server.ask(host=host, kind=kind)
    assert message.get("status") == 400 or message["type"] == "websocket.close"
    assert server.scopes == []


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "192.168.1.20:8501", "[::1]:8501", "Lab.school:80"])
def test_its_own_names_are_answered(monkeypatch, host):
    monkeypatch.setenv("IMGCLS_MODE", "demo")
    monkeypatch.setenv("IMGCLS_HOSTS", "lab.school, other.example")
    assert Server().ask(host=host)[0]["status"] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "", "http://[bad"])
@pytest.mark.parametrize(
    ("kind", "method"), [("http", "POST"), ("http", "PUT"), ("http", "DELETE"), ("websocket", "GET")]
)
def test_pages_of_other_sites_change_nothing(server, origin, kind, method):
    message, _ = server.ask("/_stcore/upload_file/a/b", kind=kind, method=method, origin=origin)
    assert message.get("status") == 403 or message["type"] == "websocket.close"
    assert server.scopes == []


def test_its_own_pages_do(server):
    assert server.ask("/_stcore/upload_file/a/b", method="PUT", origin=OWN)[0]["status"] == 200


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/interact"])
def test_only_the_owner_sees_the_metrics_of_the_server(server, path):
    assert server.ask(path)[0]["status"] == 403
    people.change("A" * 22, role=Role.OWNER)
    assert server.ask(path, cookie=f"{cookies.NAME}={cookies.make('A' * 22)}")[0]["status"] == 200


def test_nobody_gets_the_images_of_somebody_elses_page(server):
    own = {"cookie": f"{cookies.NAME}={cookies.make('A' * 22)}"}
    assert server.ask(f"/media/{'A' * 22}.png", **own)[0]["status"] == 200
    assert server.ask(f"/media/{'B' * 22}.png", **own)[0]["status"] == 404
    assert server.ask(f"/media/{'A' * 22}.png")[0]["status"] == 404


def test_every_answer_has_security_headers(server, monkeypatch):
    for path in ("/", "/static/a.png"):
        _, headers = server.ask(path)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert "object-src 'none'" in headers["content-security-policy"]
    monkeypatch.setenv(FRAMES, "https://school.example; script-src *")
    _, headers = Server().ask()
    assert headers["content-security-policy"].endswith("frame-ancestors 'self' https://school.example  script-src *")
    assert "x-frame-options" not in headers


def test_in_local_mode_nothing_is_added_or_refused(monkeypatch):
    monkeypatch.delenv("IMGCLS_MODE", raising=False)
    server = Server()
    message, headers = server.ask(method="POST", host="evil.example", origin="http://evil.example")
    assert message["status"] == 200
    assert headers.keys() == ["content-type"]
