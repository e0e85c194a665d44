"""/teacher-sheet/NAME: the teacher's sheet of a lesson in a browser tab of its own."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from imgcls.api.middleware.visitors import visitor_of
from imgcls.errors import UserError
from imgcls.sharing import people

PATH = "/teacher-sheet/{name}"
FONT = '<link rel="stylesheet" href="../room/files/{version}/web/font.css"></head>'
PRINT = '<body><p class="tools"><button type="button" onclick="print()">Print</button></p>'
TEACHERS_ONLY = "The sheet has the answers, so only a teacher sees it. Open it from the page of the lesson."


async def sheet(request: Request) -> Response:
    """The sheet. It has the answers: on a shared server, members of a class do not get it."""
    return await run_in_threadpool(_sheet, request)


def _sheet(request: Request) -> Response:
    from imgcls.api.plain_pages.together import pages  # only teachers need both
    from imgcls.lessons import teacher_sheet

    if not teacher_sheet.is_for(people.visitor(visitor_of(request.headers)[0])):
        return PlainTextResponse(TEACHERS_ONLY, 403)
    try:
        page = teacher_sheet.render(request.path_params["name"])
    except UserError as error:
        return PlainTextResponse(str(error), 404)
    # only here: the sheet that is downloaded needs no other file
    page = page.replace("</head>", FONT.format(version=pages.version()), 1).replace("<body>", PRINT, 1)
    return Response(page, media_type="text/html", headers={"X-Content-Type-Options": "nosniff"})


ROUTE = Route(PATH, sheet, methods=["GET"])
