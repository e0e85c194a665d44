"""The pages on which a class draws, of its projector, and of its moderators."""

import contextlib
import secrets
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from imgcls import languages, sharing
from imgcls.api.plain_pages.together import assets, phone, texts
from imgcls.api.plain_pages.together.asking import answering
from imgcls.errors import UserError
from imgcls.export import offline_page
from imgcls.export.offline_page import content
from imgcls.jobs.classroom import naming
from imgcls.jobs.together import activities, photos
from imgcls.jobs.together.activities import DIGITS, Kind
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Action, NotAllowed
from imgcls.sharing.classroom import join_link, rooms
from imgcls.sharing.classroom.rooms import Room

if TYPE_CHECKING:
    import jinja2

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-src {frames}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Stricter than that of the app: no script but ours runs, whatever a drawing or a name contains."""


TEACHER_ONLY = N_(
    "Only the teacher of this class sees this page. If that is you, on another device: enter the code from the "
    "server's terminal on its Class page, then open this address again."
)
MODERATORS_ONLY = N_(
    "Only the teacher and the moderators of this class see this page. To become one, join the class with a name, and "
    "ask its teacher to choose you as a moderator on their Class page."
)


def draw(room: Room, request: Request) -> Response:
    """The page on which people draw."""
    activity = activities.find(room)
    known: dict[str, Any] = {"code": room.code, "activity": "", "classes": [], "kind": "", "model": ""}
    known |= {"hasPhotos": False, "hasExample": False, "photoSide": photos.SIDE}
    if activity is not None:
        known |= {"activity": activity.id, "classes": activity.classes, "kind": activity.kind}
        known["hasPhotos"] = activity.has_photos
        known["hasExample"] = activity.kind is Kind.WALL and tuple(activity.classes) == DIGITS
        if (run := activities.model_of(activity)) is not None:
            known |= {"model": phone.version(run), "shape": run.card.shape, "fit": run.card.fit}
            known |= content.of_digits(run.card)
    return page("phone.html.jinja", known | {"texts": texts.translated((*texts.TEXTS, *texts.PAGE))})


def short(room: Room, request: Request) -> Response:
    """The address that people type."""
    return RedirectResponse(f"{room.code}/draw", 303)


def screen(room: Room, request: Request) -> Response:
    """The page for the projector."""
    with refusing(TEACHER_ONLY):
        activities.require_teacher(room)
    activity = activities.find(room)
    if activity is None:
        raise UserError("Nothing has been started in this class. Start a wall or a collection on the Class page.")
    base = join_link.address(str(request.base_url))
    link = f"{base}{request.scope.get('root_path', '')}/room/{room.code}"
    invitation = {"qr": join_link.qr_code(link), "command": ""}
    if not base:  # a code that leads nowhere is worse than none
        is_only_here = join_link.is_only_here(str(request.base_url))
        invitation = {"qr": "", "command": join_link.restart_command(request.url.port) if is_only_here else ""}
    known: dict[str, Any] = {
        "code": room.code,
        "title": naming.title(room),
        "activity": activity.id,
        "hasPhotos": activity.has_photos,
        "name": room.name or naming.title(room),
    }
    reader = activities.model_of(activity) if activity.kind is Kind.WALL else None
    known |= {"model": "" if reader is None else reader.label}
    known |= {"classes": activity.classes, "kind": activity.kind, "other": "leaderboard"}
    known["texts"] = texts.translated(texts.SCREENS)
    return page(
        "screen/screen.html.jinja",
        known | {"link": link, "shown": link.partition("//")[2].partition("/room/")[0]} | invitation,
    )


def leaderboard(room: Room, request: Request) -> Response:
    """The leaderboard of an assignment for the projector; without `task`, of the latest one."""
    with refusing(TEACHER_ONLY):
        rooms.require(Action.SET_ASSIGNMENTS, room)
    known: dict[str, Any] = {
        "code": room.code,
        "title": naming.title(room),
        "task": request.query_params.get("task", ""),
    }
    known |= {
        "other": "screen" if room.is_open and activities.find(room) is not None else "",
        "texts": texts.translated(texts.SCREENS),
    }
    return page("screen/leaderboard/leaderboard.html.jinja", known)


def stage(room: Room, request: Request) -> Response:
    """The page that the member on stage has open, for the projector: in a frame, as the teacher sees it."""
    with refusing(TEACHER_ONLY):
        rooms.require(Action.SHOW_ON_STAGE, room)
    known = {"code": room.code, "title": naming.title(room), "other": "", "texts": texts.translated(texts.SCREENS)}
    return page("screen/stage.html.jinja", known, frames="'self'")


def moderator(room: Room, request: Request) -> Response:
    """The page on which drawings and names are approved and hidden, on a device that the audience does not see."""
    with refusing(MODERATORS_ONLY):
        rooms.require(Action.MODERATE, room)
    activity = activities.find(room)
    known: dict[str, Any] = {"code": room.code, "activity": "", "hasPhotos": False, "kind": "", "classes": []}
    if activity is not None:
        known |= {"activity": activity.id, "hasPhotos": activity.has_photos, "kind": activity.kind}
        known |= {"classes": activity.classes}
    known |= {"isTeacher": rooms.manages(sharing.current(), room), "texts": texts.translated(texts.SCREENS)}
    return page("moderator/moderator.html.jinja", known)


@contextlib.contextmanager
def refusing(message: str) -> Iterator[None]:
    """Says to whom a page is refused what to do, such as to teachers with a second device."""
    try:
        yield
    except NotAllowed:
        raise NotAllowed(_(message)) from None


def page(template: str, known: dict[str, Any], *, frames: str = "'none'") -> HTMLResponse:
    """A page with what its template and its script know."""
    code = languages.current()
    known |= {"language": code, "direction": languages.direction(code)}
    nonce = secrets.token_urlsafe(16)
    base = f"../files/{assets.version()}"
    imports = {
        "imgcls/": f"{base}/js/",
        "imgcls/model.js": f"{base}/web/model.js",
        "imgcls/bytes.js": f"{base}/web/bytes.js",
        "@litertjs/core": f"{base}/litert_core.js",
        "@litertjs/wasm-utils": f"{base}/wasm_utils.js",
    }
    text = (
        _templates()
        .get_template(template)
        .render(
            known,
            _=_,
            base=base,
            nonce=nonce,
            imports=offline_page.for_script({"imports": imports}),
            content=offline_page.for_script(known),
        )
    )
    headers = {"Content-Security-Policy": POLICY.format(nonce=nonce, frames=frames), "Cache-Control": "no-store"}
    return HTMLResponse(text, headers=headers)


@cache
def _templates() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )


ROUTES = [
    Route("/room/{code}", answering(short, heading=N_("Draw together"))),
    Route("/room/{code}/draw", answering(draw, heading=N_("Draw together"))),
    Route("/room/{code}/screen", answering(screen, heading=N_("Draw together"))),
    Route("/room/{code}/leaderboard", answering(leaderboard, heading=N_("Leaderboard"), even_closed=True)),
    Route("/room/{code}/stage", answering(stage, heading=N_("On stage"))),
    Route("/room/{code}/moderator", answering(moderator, heading=N_("Moderate"))),
]
