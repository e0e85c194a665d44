"""How much of the app's server one visitor may use: requests and clicks in a minute, and uploads that lie in memory.

Uploads are counted for all visitors together, too: Streamlit keeps them in memory until their page is closed, and takes
them for any ID. Nothing happens in local mode.
"""

import math
import os
from collections import Counter
from collections.abc import Callable, Mapping

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgcls import sharing
from imgcls.api import problems
from imgcls.api.middleware.rate_limit import RateLimit
from imgcls.api.middleware.visitors import visitor_of
from imgcls.sharing import Role, Visitor, limits, people

UPLOADS = "/_stcore/upload_file/"
FILES = ("/static/", "/media/", "/component/", "/_stcore/health", "/_stcore/host-config")
"""Files of the app itself: a first visit asks for 65 of them."""
ALL_UPLOADS, ALL_UPLOADS_MB = "IMGCLS_UPLOADS_MB", 1_000.0
FULL = "The server holds as many uploads as it can. Try again in a moment, or upload a smaller file."


class FairShare:
    """ASGI middleware, behind `Visitors`.

    Args:
        held: Bytes of uploads in memory, by visitor.
    """

    def __init__(self, app: ASGIApp, held: Callable[[], Mapping[str, int]]):
        self._app, self._held = app, held
        self._rates: dict[Role, RateLimit] = {}
        self._arriving: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not sharing.is_shared():
            return await self._app(scope, receive, send)
        visitor = people.visitor(visitor_of(Headers(scope=scope))[0])
        client = visitor.id or (scope.get("client") or ("",))[0]
        if scope["type"] == "websocket":
            return await self._app(scope, self._slowed(receive, visitor, client), send)
        if not scope["path"].startswith(FILES) and (seconds := self._wait(visitor, client)):
            text = f"Too many requests. Try again in {math.ceil(seconds)} s."
            answer = problems.refused(scope, 429, text, headers={"Retry-After": str(math.ceil(seconds))})
            return await answer(scope, receive, send)
        if scope["path"].startswith(UPLOADS) and scope["method"] == "PUT":
            return await self._upload(scope, receive, send, visitor, client)
        return await self._app(scope, receive, send)

    def _wait(self, visitor: Visitor, client: str) -> float:
        most = limits.of(visitor.role).requests
        if math.isinf(most):
            return 0.0
        rate = self._rates.setdefault(visitor.role, RateLimit(max(most, 1.0) / 60, max(most, 1.0)))
        return rate.seconds_to_wait(client)

    def _slowed(self, receive: Receive, visitor: Visitor, client: str) -> Receive:
        """Clicks beyond the limit are not lost: they wait."""

        async def slowed() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                while seconds := self._wait(visitor, client):
                    await anyio.sleep(seconds)
            return message

        return slowed

    async def _upload(self, scope: Scope, receive: Receive, send: Send, visitor: Visitor, client: str) -> None:
        announced = Headers(scope=scope).get("content-length", "")
        reserved = int(announced) if announced.isdecimal() and len(announced) < 16 else 0
        if not self._has_room(visitor, client, reserved):
            return await problems.refused(scope, 413, FULL, headers={"Connection": "close"})(scope, receive, send)
        arrived, counted = 0, reserved
        self._arriving[client] += reserved

        async def counting() -> Message:
            nonlocal arrived, counted
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > counted:  # its length was not announced, or was a lie
                more = arrived - counted
                if not self._has_room(visitor, client, more):
                    raise HTTPException(413, FULL)
                self._arriving[client] += more
                counted += more
            return message

        try:
            await self._app(scope, counting, send)
        finally:
            self._arriving[client] -= counted
        return None

    def _has_room(self, visitor: Visitor, client: str, more: int) -> bool:
        held = self._held()
        own = held.get(visitor.id, 0) + self._arriving[client] + more
        everybodys = sum(held.values()) + self._arriving.total() + more
        return own <= limits.of(visitor.role).upload_mb * 1e6 and everybodys <= most_upload_bytes()


def most_upload_bytes() -> float:
    """The most that uploads of all visitors together may take in memory."""
    try:
        megabytes = float(os.environ.get(ALL_UPLOADS, "").strip() or ALL_UPLOADS_MB)
    except ValueError:
        megabytes = ALL_UPLOADS_MB
    return 1e6 * (megabytes if megabytes > 0 else ALL_UPLOADS_MB)
