"""Requests, clicks and uploads are counted by visitor, and uploads for all visitors together."""

import asyncio
from collections import Counter

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from imgcls.api.middleware import fair_share
from imgcls.api.middleware.fair_share import FairShare
from imgcls.sharing import cookies, limits

UPLOAD = "/_stcore/upload_file/session/file"


class Server:
    """An application that reads every body, behind the middleware."""

    def __init__(self):
        async def read(request):
            await request.body()
            return PlainTextResponse("ok")

        self.held = Counter()
        routes = [Route("/{path:path}", read, methods=["GET", "PUT"])]
        self.app = FairShare(Starlette(routes=routes), lambda: self.held)

    def ask(self, path="/", method="GET", chunks=(b"",), visitor="", announced=None):
        """The status of the answer."""
        return asyncio.run(self.asked(path, method, chunks, visitor, announced))

    async def asked(self, path, method, chunks, visitor, announced=None, gate=None):
        headers = [(b"cookie", f"{cookies.NAME}={cookies.make(visitor)}".encode())] if visitor else []
        headers += [(b"content-length", str(announced).encode())] if announced is not None else []
        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": ("10.0.0.1", 1)}
        left, sent = list(chunks), []

        async def receive():
            if gate is not None:
                await gate.wait()
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def send(message):
            sent.append(message)

        await self.app(scope | {"query_string": b"", "root_path": ""}, receive, send)
        return sent[0]["status"]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "demo")
    return Server()


def test_requests_beyond_the_limit_wait(server, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "guest.requests=3")
    ada, ben = cookies.new_id(), cookies.new_id()
    assert [server.ask(visitor=ada) for _ in range(4)] == [200, 200, 200, 429]
    assert server.ask(visitor=ben) == 200
    assert server.ask("/static/a.js", visitor=ada) == 200


def test_visitors_without_a_cookie_share_the_limit_of_their_address(server, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "guest.requests=2")
    assert [server.ask() for _ in range(3)] == [200, 200, 429]


def test_a_click_beyond_the_limit_is_not_lost(server, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "guest.requests=1")
    slept, got = [], []

    async def sleep(seconds):
        slept.append(seconds)
        server.app._rates.clear()  # as if the time had passed

    async def page(scope, receive, send):
        got.extend([await receive() for _ in range(3)])

    monkeypatch.setattr(fair_share.anyio, "sleep", sleep)
    server.app._app = page
    cookie = f"{cookies.NAME}={cookies.make(cookies.new_id())}".encode()

    async def receive():
        return {"type": "websocket.receive", "bytes": b"click"}

    asyncio.run(server.app({"type": "websocket", "path": "/", "headers": [(b"cookie", cookie)]}, receive, None))
    assert len(got) == 3
    assert len(slept) == 2


@pytest.mark.parametrize("announced", [3_000_000, None, 10])
def test_an_upload_larger_than_the_visitors_share_is_refused(server, monkeypatch, announced):
    monkeypatch.setenv(limits.VARIABLE, "guest.upload_mb=2")
    assert server.ask(UPLOAD, "PUT", [bytes(1_000_000)] * 3, cookies.new_id(), announced) == 413
    assert server.ask(UPLOAD, "PUT", [bytes(1_000_000)], cookies.new_id(), 1_000_000) == 200
    assert server.app._arriving.total() == 0


def test_what_the_server_already_holds_for_a_visitor_counts(server, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "guest.upload_mb=2")
    ada = cookies.new_id()
    server.held[ada] = 1_500_000
    assert server.ask(UPLOAD, "PUT", [bytes(1_000_000)], ada) == 413
    assert server.ask(UPLOAD, "PUT", [bytes(1_000_000)], cookies.new_id()) == 200


def test_uploads_of_all_visitors_together_are_limited(server, monkeypatch):
    """Each within his share, also those for IDs that nobody was given: Streamlit keeps them all."""
    monkeypatch.setenv(fair_share.ALL_UPLOADS, "3")

    async def at_once():
        gate = asyncio.Event()
        asked = [
            asyncio.create_task(
                server.asked(f"{UPLOAD}{number}", "PUT", [bytes(1_000_000)], cookies.new_id(), 1_000_000, gate)
            )
            for number in range(5)
        ]
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*asked)

    assert sorted(asyncio.run(at_once())) == [200, 200, 200, 413, 413]
    server.held["somebody"] = 2_500_000
    assert server.ask(UPLOAD, "PUT", [bytes(1_000_000)], cookies.new_id()) == 413


def test_in_local_mode_nothing_is_counted(monkeypatch):
    monkeypatch.delenv("IMGCLS_MODE", raising=False)
    monkeypatch.setenv(limits.VARIABLE, "guest.requests=1, guest.upload_mb=0")
    server = Server()
    assert [server.ask() for _ in range(3)] == [200] * 3
    assert server.ask(UPLOAD, "PUT", [bytes(1_000_000)]) == 200
