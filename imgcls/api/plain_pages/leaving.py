"""/visitor/leave: the browser forgets who it is ("Not you?"). A page asks first, as a link must not change anything."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from imgcls.api.middleware.visitors import cookie_header, visitor_of
from imgcls.sharing import cookies, people

PATH = "/visitor/leave"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Not you?</title>
<meta name="viewport" content="width=device-width"><style>
:root{color-scheme:light dark}
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.2rem}
button,a{font:inherit;display:inline-block;margin:.5rem 1rem 0 0}
button{padding:.6rem 1.2rem;border:1px solid #808890;border-radius:.6rem;background:none;color:inherit;cursor:pointer}
button:first-child{border-color:#0072b2;background:#0072b2;color:#fff}
a{color:inherit}
</style><h1>Continue as someone else?</h1>
<p>This browser will forget who you are. Your runs and datasets stay on the server, but you can no longer change
them: only this browser's cookie shows that they are yours.</p>
<form method="post"><button>Continue as someone else</button>
<button name="everywhere" value="1">Also on all other computers</button><a href="../you">Back</a></form></html>"""


async def leave(request: Request) -> Response:
    """The question, and after it a cookie of a new visitor. Other tabs of the browser are no longer who they were."""
    if request.method != "POST":
        return HTMLResponse(PAGE)
    response = RedirectResponse("../", 303)  # relative, as the app may be below a path
    visitor_id, given = visitor_of(request.headers)
    if b"everywhere=1" in (await request.body())[:100] and visitor_id:
        await run_in_threadpool(people.change, visitor_id, valid_from=time.time())
    cookies.leave(given)
    response.headers["set-cookie"] = cookie_header(request.scope, cookies.make(cookies.new_id()))
    return response


ROUTE = Route(PATH, leave, methods=["GET", "POST"])
