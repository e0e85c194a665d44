"""/room/CODE: pages without Streamlit on which a class or an audience draws, and the data behind them.

pages    the phone's page, the projector's page, the moderator's page
assets   their files
phone    join, send and withdraw drawings; predictions for phones that cannot run the model
screen   what the projector shows, and what the teacher does there
invite   the projector's page on which a class joins
asking   the class and the visitor of a request, its body, and errors as JSON
web/     the pages, scripts and styles; the scripts also use those of the offline page

The app's server has checked Host and Origin before (`middleware.visitors`), and counted the request.
"""

from functools import cache

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from imgcls import sharing
from imgcls.sharing import Mode


def routes() -> list[Route]:
    """The route of the app's server, for everything below /room."""
    if sharing.mode() is Mode.CLASSROOM:
        _router()
    return [Route("/room/{rest:path}", _Pages())]


class _Pages:
    """Hands a request to the pages, which are imported for the first one: only a class needs them, and what they import
    took a fifth of the start of every server."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _router()(scope, receive, send)


@cache
def _router() -> Router:
    from imgcls.api.plain_pages.together import assets, invite, pages, phone, screen

    return Router([*assets.ROUTES, *pages.ROUTES, *phone.ROUTES, *screen.ROUTES, *invite.ROUTES])
