"""/teacher-sheet/NAME: the teacher's sheet of a lesson in a browser tab of its own, with a button that assigns it."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from imgcls import sharing
from imgcls.api.middleware.visitors import visitor_of
from imgcls.errors import UserError
from imgcls.sharing import Visitor, people

PATH = "/teacher-sheet/{name}"
FONT = '<link rel="stylesheet" href="../room/files/{version}/web/font.css"></head>'
TOOLS = (
    '</h1><form class="tools" method="post"><a href="../lessons?lesson={name}">Open the lesson</a>'
    '<button type="button" onclick="print()">Print</button>{assign}</form>'
)
ASSIGN = "<button>Assign to the class</button>"
ASSIGNED = "<button disabled>✓ Assigned to the class</button>"
NO_CLASS = "You have no open class. Open one on the Class page, then assign the lesson."
TEACHERS_ONLY = "The sheet has the answers, so only a teacher sees it. Open it from the page of the lesson."


async def sheet(request: Request) -> Response:
    """The sheet. It has the answers: on a shared server, members of a class do not get it. A POST gives the lesson."""
    return await run_in_threadpool(_sheet, request)


def _sheet(request: Request) -> Response:
    from imgcls.api.plain_pages.together import assets  # only teachers need these
    from imgcls.lessons import teacher_sheet

    visitor = people.visitor(visitor_of(request.headers)[0])
    if not teacher_sheet.is_for(visitor):
        return PlainTextResponse(TEACHERS_ONLY, 403)
    name = request.path_params["name"]
    try:
        page = teacher_sheet.render(name)
    except UserError as error:
        return PlainTextResponse(str(error), 404)
    with sharing.acting_as(visitor):
        if request.method == "POST":
            return _assign(visitor, name)
        tools = TOOLS.format(name=name, assign=_button(visitor, name))
    # only here: the sheet that is downloaded needs no other file
    page = page.replace("</head>", FONT.format(version=assets.version()), 1).replace("</h1>", tools, 1)
    return Response(page, media_type="text/html", headers={"X-Content-Type-Options": "nosniff"})


def _button(visitor: Visitor, name: str) -> str:
    """For the teacher of an open class."""
    from imgcls.jobs.classroom import lesson_given

    room = lesson_given.class_of(visitor)
    return "" if room is None else ASSIGNED if lesson_given.is_given(room, name) else ASSIGN


def _assign(visitor: Visitor, name: str) -> Response:
    """Gives the class the lesson, once, and leads back to the sheet."""
    from imgcls import lessons
    from imgcls.jobs.classroom import lesson_given

    room = lesson_given.class_of(visitor)
    if room is None:
        return PlainTextResponse(NO_CLASS, 409)
    try:
        if not lesson_given.is_given(room, name):
            lesson_given.give(room, name, lessons.find(name).TITLE)
    except UserError as error:
        return PlainTextResponse(str(error), 422)
    return RedirectResponse(name, 303)


ROUTE = Route(PATH, sheet, methods=["GET", "POST"])
