"""What every request has to pass before its body is read, and a count of the bytes while it is.

The app's own server checks none of this for routes like ours:

    Host      a page of another site must not reach this server under a name of its own (DNS rebinding)
    Origin    a page of another site must not send requests from a visitor's browser
    rate      one client must not take all of the time
    token     whatever changes something or computes something needs it
    size      a body is cut off as soon as it is too long, whether or not its length was announced (the limit of
              Starlette answers in plain text, and only when a route reads the body)
"""

import hmac
import math

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgcls import sharing
from imgcls.api.middleware.hosts import is_allowed_host, is_own_origin
from imgcls.api.middleware.rate_limit import RateLimit
from imgcls.api.middleware.visitors import visitor_of
from imgcls.api.problems import problem
from imgcls.api.settings import Settings
from imgcls.sharing import Visitor, people
from imgcls.sharing.visitors import SERVER

READING = ("GET", "HEAD", "OPTIONS")
"""Methods that neither change nor compute anything here."""
MOST_DIGITS = 15
"""A length with more digits is not even read as a number."""


class Guards:
    """ASGI middleware; `settings` say what is allowed."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self._app, self._settings = app, settings
        self._rates = RateLimit(settings.rate, settings.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is not None:
            return await refusal(scope, receive, send)
        with sharing.acting_as(self._visitor(Headers(scope=scope))):
            return await self._app(scope, self._counted(receive), send)

    def _refusal(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_allowed_host(hosts[0], self._settings.hosts):
            return problem(
                400,
                "This server is not known under the name in the Host header. Use localhost or its IP address, or list "
                "the name in IMGCLS_API_HOSTS.",
            )
        if not all(is_own_origin(origin, hosts[0]) for origin in headers.getlist("origin")):
            return problem(
                403, "Pages of other sites may not use this API. Call it from a program or from its own site."
            )
        client = (scope.get("client") or ("",))[0]
        if seconds := self._rates.seconds_to_wait(client):
            return problem(
                429,
                f"Too many requests: at most {self._settings.rate:g} per second. Try again in {seconds:.1f} s.",
                headers={"Retry-After": str(math.ceil(seconds))},
            )
        if scope["method"] not in READING and not self._has_token(headers):
            return problem(401, self._token_sentence(), headers={"WWW-Authenticate": "Bearer"})
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > MOST_DIGITS or int(length) > self._settings.max_bytes):
            return problem(413, self._size_sentence())
        return None

    def _visitor(self, headers: Headers) -> Visitor:
        """Who knows the token acts for the owner of the server; others are the visitor of their cookie."""
        if self._has_token(headers) or not sharing.is_shared():
            return SERVER
        return people.visitor(visitor_of(headers)[0])

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        expected = self._settings.token
        is_same = hmac.compare_digest(token.strip().encode("utf-8"), expected.encode("utf-8"))
        return bool(expected) and scheme.lower() == "bearer" and is_same

    def _token_sentence(self) -> str:
        if not self._settings.token:
            return "This server has no token, so it only answers GET. Start it with IMGCLS_API_TOKEN set to one."
        return 'This request needs the token of the server, as the header "Authorization: Bearer TOKEN".'

    def _size_sentence(self) -> str:
        return f"The request is larger than {self._settings.max_bytes / 1e6:g} MB. Send fewer or smaller images."

    def _counted(self, receive: Receive) -> Receive:
        left = self._settings.max_bytes

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, self._size_sentence())
            return message

        return counted
