"""The page for the projector on which a class joins: address, code and QR code, and how many have joined."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgcls.api.plain_pages.together import pages, texts
from imgcls.api.plain_pages.together.asking import answering
from imgcls.jobs.classroom import naming
from imgcls.languages import N_
from imgcls.sharing import Action
from imgcls.sharing.classroom import join_link, rooms
from imgcls.sharing.classroom.rooms import Room


def invite(room: Room, request: Request) -> Response:
    """The page. A code that leads nowhere is worse than none, so it is not shown if no one else reaches the server."""
    with pages.refusing(pages.TEACHER_ONLY):
        rooms.require(Action.SHOW_ON_STAGE, room)
    base = join_link.address(str(request.base_url))
    path = f"{request.scope.get('root_path', '')}/class"
    is_only_here = join_link.is_only_here(str(request.base_url))
    link = join_link.link(base, path, room.code)
    known: dict[str, Any] = {"code": room.code, "other": "", "texts": texts.translated(texts.SCREENS)}
    known |= {
        "title": naming.title(room),
        "name": room.name,
        "link": link if base else "",
        "qr": join_link.qr_code(link) if base else "",
        "shown": (base + path).partition("//")[2],
        "command": join_link.restart_command(request.url.port) if not base and is_only_here else "",
    }
    return pages.page("screen/invite/invite.html.jinja", known)


def joined(room: Room, request: Request) -> dict[str, int]:
    """How many have joined."""
    rooms.require(Action.SHOW_ON_STAGE, room)
    return {"joined": len(rooms.members(room))}


ROUTES = [
    Route("/room/{code}/invite", answering(invite, heading=N_("Join screen"))),
    Route("/room/{code}/joined", answering(joined)),
]
