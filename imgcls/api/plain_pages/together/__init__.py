"""/room/CODE: pages without Streamlit on which a class or an audience draws, and the data behind them.

pages    the phone's page, the projector's page, and their files
phone    join, send and withdraw drawings; predictions for phones that cannot run the model
screen   what the projector shows, and what the teacher does there
asking   the class and the visitor of a request, its body, and errors as JSON
web/     the pages, scripts and styles; the scripts also use those of the offline page

The app's server has checked Host and Origin before (`middleware.visitors`), and counted the request.
"""

from starlette.routing import Route

from imgcls.api.plain_pages.together import pages, phone, screen


def routes() -> list[Route]:
    """The routes of the app's server."""
    return [*pages.ROUTES, *phone.ROUTES, *screen.ROUTES]
