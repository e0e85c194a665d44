"""Which visitor a request comes from: a signed cookie, given with the first page.

The application behind finds the cookie in every request that has one, also in the first: a new visitor's request gets
the new cookie added to its headers. A cookie that is forged, changed or expired is replaced by that of a new visitor.

Nothing happens in local mode. In the others, this also checks what Streamlit's server does not: the name in the Host
header, requests from pages of other sites (Origin), and addresses that only the owner of the server may see; and it
adds security headers.
"""

import os
from collections.abc import Callable
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgcls import sharing
from imgcls.api import problems
from imgcls.api.middleware import hosts
from imgcls.sharing import Action, Visitor, cookies, people
from imgcls.sharing.permissions import allowed

READING = ("GET", "HEAD", "OPTIONS")
OWNERS_PATHS = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
"""Below these Streamlit shows what concerns the owner of the server alone."""
MEDIA = "/media/"
FRAMES = "IMGCLS_FRAMES"
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""As far as Streamlit permits: its charts compile code, and its pages have styles and scripts inline. The projector
shows a page of the app in a frame."""


class Visitors:
    """ASGI middleware around the whole server of the app.

    Args:
        may_load: Whether the visitor with this ID gets the file at this path, below /media.
    """

    def __init__(self, app: ASGIApp, may_load: Callable[[str, str], bool] = lambda visitor_id, path: False):
        self._app, self._may_load = app, may_load
        self._names = frozenset(
            name.strip().lower()
            for variable in ("IMGCLS_HOSTS", "IMGCLS_API_HOSTS")
            for name in os.environ.get(variable, "").split(",")
            if name.strip()
        )
        self._policy = f"{POLICY} {os.environ.get(FRAMES, '').replace(';', ' ').replace(chr(10), ' ')}".strip()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not sharing.is_shared():
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        visitor_id, given = visitor_of(headers)
        visitor = people.visitor(visitor_id)
        refusal = self._refusal(scope, headers, visitor)
        if refusal is not None:
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            return await refusal(scope, receive, send)
        new = "" if visitor_id and not cookies.is_old(given) else cookies.make(visitor_id or cookies.new_id())
        if not visitor_id:
            scope = {**scope, "headers": with_cookie(scope["headers"], new)}
        return await self._app(scope, receive, self._sending(scope, send, new))

    def _refusal(self, scope: Scope, headers: Headers, visitor: Visitor) -> Response | None:
        given = headers.getlist("host")
        if len(given) != 1 or not hosts.is_allowed_host(given[0], self._names):
            return problems.refused(
                scope,
                400,
                "This server is not known under the name in the address. Use its IP address, or list the name in "
                "IMGCLS_HOSTS.",
            )
        if (scope["type"] == "websocket" or scope["method"] not in READING) and not all(
            hosts.is_own_origin(origin, given[0], self._names) for origin in headers.getlist("origin")
        ):
            return problems.refused(scope, 403, "Pages of other sites may not use this server.")
        if scope["path"].startswith(MEDIA) and not self._may_load(visitor.id, scope["path"]):
            return problems.refused(scope, 404, "There is no such file, or it belongs to another visitor's page.")
        if scope["path"].startswith(OWNERS_PATHS):
            decision = allowed(sharing.mode(), visitor, Action.READ_METRICS)
            if not decision.allowed:
                return problems.refused(scope, 403, decision.reason)
        return None

    def _sending(self, scope: Scope, send: Send, cookie: str) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_page = headers.get("content-type", "").startswith("text/html")
                self._secure(headers)
                if cookie and is_page and "set-cookie" not in headers:
                    headers.append("set-cookie", cookie_header(scope, cookie))
            elif message["type"] == "websocket.accept" and cookie:
                message = {**message, "headers": [*message.get("headers", ()), _raw(scope, cookie)]}
            await send(message)

        return sending

    def _secure(self, headers: MutableHeaders) -> None:
        headers.setdefault("x-content-type-options", "nosniff")
        headers.setdefault("referrer-policy", "same-origin")
        headers.setdefault("content-security-policy", self._policy)
        if FRAMES not in os.environ:
            headers.setdefault("x-frame-options", "SAMEORIGIN")


def visitor_of(headers: Headers) -> tuple[str, str]:
    """The ID of the visitor whom a request's cookie names, and the cookie; ("", "") without a valid one."""
    given = cookie_of(headers)
    visitor_id = cookies.read(given) if given else ""
    return (visitor_id, given) if visitor_id else ("", "")


def cookie_of(headers: Headers) -> str:
    """The value of the visitor's cookie, unchecked; "" if there is none, or more than one."""
    found = [
        value
        for line in headers.getlist("cookie")
        for name, _, value in (part.strip().partition("=") for part in line.split(";"))
        if name == cookies.NAME
    ]
    return found[0] if len(found) == 1 else ""


def with_cookie(headers: list[tuple[bytes, bytes]], cookie: str) -> list[tuple[bytes, bytes]]:
    """The headers of a request with this cookie in place of any of the same name."""
    others = [
        part.strip()
        for name, line in headers
        if name == b"cookie"
        for part in line.decode("latin-1").split(";")
        if part.strip().partition("=")[0] != cookies.NAME
    ]
    line = "; ".join([*filter(None, others), f"{cookies.NAME}={cookie}"])
    return [*((name, value) for name, value in headers if name != b"cookie"), (b"cookie", line.encode("latin-1"))]


def cookie_header(scope: Scope, cookie: str) -> str:
    """The Set-Cookie header for a visitor. Secure if the page came over HTTPS, also through a proxy that says so."""
    made: SimpleCookie = SimpleCookie()
    made[cookies.NAME] = cookie
    morsel = made[cookies.NAME]
    morsel["path"], morsel["httponly"], morsel["samesite"] = "/", True, "Lax"
    morsel["max-age"] = str(cookies.MAX_AGE)
    is_forwarded = Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip() == "https"
    if scope.get("scheme") in ("https", "wss") or is_forwarded:
        morsel["secure"] = True
    return morsel.OutputString()


def _raw(scope: Scope, cookie: str) -> tuple[bytes, bytes]:
    return b"set-cookie", cookie_header(scope, cookie).encode("latin-1")
