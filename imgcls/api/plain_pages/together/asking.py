"""The class and the visitor of a request, its body, and errors as JSON, in the shape of the API."""

import functools
import html
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from imgcls import languages, sharing
from imgcls.api import problems
from imgcls.api.middleware.rate_limit import RateLimit
from imgcls.api.middleware.visitors import visitor_of
from imgcls.api.plain_pages.together import assets, texts
from imgcls.errors import UserError
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Mode, NotAllowed, people
from imgcls.sharing.classroom import guessing, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.system import json_files

MOST_BYTES = 64_000
"""Of a request: a long drawing has 10 kB."""
THREADS = 8
"""Requests that are worked on at the same time; others wait. More would only take turns."""
CLOSED = 410
"""The status for a class that was closed: its pages stay as they are."""
THANKS = N_("The class is closed. Thank you!")
SENDING = (1.0, 10.0)
"""Drawings and predictions that a visitor may send per second, on average and at once."""


class Refused(Exception):
    """The request is answered with this status and message."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


PROBLEM = """<!doctype html><html lang="{}"><meta charset="utf-8"><title>{}</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="{}"><style>
:root{{color-scheme:light dark}}
body{{font-size:1.2rem;line-height:1.5;max-width:34rem;margin:12vh auto;padding:0 1.2rem}}
a{{display:inline-block;margin-inline-end:.5rem;padding:.5rem 1rem;border:1px solid #0072b2;border-radius:.5rem;
color:inherit;text-decoration:none}}
a.is-primary{{background:#0072b2;color:#fff}}
</style><h1>{}</h1><p>{}</p><p>{}</p></html>"""
LINK = '<a class="{}" href="{}">{}</a>'

Work = Callable[..., Any]
_rates = {True: RateLimit(*SENDING), False: RateLimit(5.0, 30.0)}
_threads: RunVar[anyio.CapacityLimiter] = RunVar("threads for drawings")
"""Of the event loop."""


def answering(
    work: Work, *, has_body: bool = False, is_sending: bool = False, heading: str = "", even_closed: bool = False
) -> Callable[[Request], Awaitable]:
    """A handler that calls `work(room, request)`, or `work(room, request, body)`, for the visitor in a thread.

    `work` returns a Response, or something that is sent as JSON.

    Args:
        has_body: the request has a JSON object.
        is_sending: it costs the server something, so it is limited more.
        heading: of a page that a person reads: errors are pages, too, with it as their heading.
        even_closed: those whose class was closed still get an answer.
    """

    call = functools.partial(_call, even_closed=even_closed)

    @functools.wraps(work)
    async def handler(request: Request) -> Response:
        try:
            visitor_id = visitor_of(request.headers)[0]
            if has_body and _rates[is_sending].seconds_to_wait(visitor_id or _address(request)):
                raise Refused(429, "That was fast. Wait a moment, then send it again.")
            given = (await _body(request),) if has_body else ()
            found = await anyio.to_thread.run_sync(call, work, visitor_id, request, given, limiter=_limiter())
        except (Refused, UserError) as error:
            status = error.status if isinstance(error, Refused) else 403 if isinstance(error, NotAllowed) else 422
            if heading:
                with languages.speaking(texts.language(request)):
                    return _problem_page(request, status, heading, str(error))
            return problems.problem(status, str(error))
        if isinstance(found, Response):
            return found
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    return handler


def _problem_page(request: Request, status: int, heading: str, message: str) -> HTMLResponse:
    """What is wrong, in the font of the app, with a way on: where a class is joined, opened, or its code entered."""
    base = request.scope.get("root_path", "")
    again = "" if status == CLOSED else LINK.format("", "", html.escape(_("Try again")))
    onward = ""
    if sharing.mode() is Mode.CLASSROOM:
        onward = LINK.format("is-primary", html.escape(f"{base}/class"), html.escape(_("Class page")))
    style = f"{base}/room/files/{assets.version()}/web/font.css"
    words = map(html.escape, (languages.current(), _(heading), style, _(heading), message))
    return HTMLResponse(PROBLEM.format(*words, onward + again), status)


def room_of(request: Request, *, even_closed: bool = False) -> Room:
    """The open class whose code is in the address, or with `even_closed` the visitor's own that was closed.

    Wrong codes are counted, as when somebody joins.

    Raises:
        Refused: there is none.
        UserError: there were too many wrong codes.
    """
    if sharing.mode() is not Mode.CLASSROOM:
        raise Refused(404, "There are no classes on this server. Start it with: imgcls app --mode classroom")
    code = rooms.tidy(request.path_params["code"])
    room = rooms.find_open(code) if code == request.path_params["code"] else None
    own = rooms.find(sharing.current().room) if even_closed and room is None else None
    if own is not None and own.code == request.path_params["code"]:
        return own
    if room is None:
        is_known = len(code) == rooms.CODE_LENGTH and any(rooms.folder().glob(f"{code}-*.json"))
        if is_known and code == request.path_params["code"]:
            raise Refused(CLOSED, _(THANKS))
        if not is_known:
            guessing.check(sharing.current().id, _address(request))
            guessing.note_wrong(sharing.current().id, _address(request))
        raise Refused(404, _("This class is closed, or there is none with this code. Scan the code again."))
    return room


def _call(work: Work, visitor_id: str, request: Request, given: tuple, *, even_closed: bool) -> Any:
    with sharing.acting_as(people.visitor(visitor_id)), languages.speaking(texts.language(request)):
        return work(room_of(request, even_closed=even_closed), request, *given)


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "Expected the content type application/json.")
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise Refused(413, f"The drawing is longer than {MOST_BYTES / 1000:g} kB. Clear it and draw less.")
    try:
        value = json_files.parse(bytes(data))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refused(400, "Expected a JSON object in UTF-8.")
    return value


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _limiter() -> anyio.CapacityLimiter:
    try:
        return _threads.get()
    except LookupError:
        _threads.set(limiter := anyio.CapacityLimiter(THREADS))
        return limiter
