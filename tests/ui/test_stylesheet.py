"""The style sheet is part of every page the server answers with, and of nothing else."""

import asyncio
import re

import pytest

from imgcls.ui.look import stylesheet
from imgcls.ui.look.stylesheet import ELEMENTS, Stylesheet, inserted

PAGE = b"<html><head><title>x</title></head><body></body></html>"


def answered(kind: bytes, accept: bytes = b"text/html,*/*", method: str = "GET", parts=(PAGE,)):
    """What a browser gets, and which request headers the app behind it saw."""
    sent, seen = [], []

    async def app(scope, receive, send):
        seen.extend(name for name, _ in scope["headers"])
        headers = [(b"content-type", kind), (b"content-length", b"5"), (b"etag", b"old")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": part is not parts[-1]})

    async def send(message):
        sent.append(message)

    headers = [(b"accept", accept), (b"if-none-match", b"old"), (b"accept-encoding", b"gzip")]
    asyncio.run(Stylesheet(app)({"type": "http", "method": method, "headers": headers}, None, send))
    return dict(sent[0]["headers"]), b"".join(one.get("body", b"") for one in sent[1:]), seen


@pytest.mark.parametrize("parts", [(PAGE,), (PAGE[:20], PAGE[20:])])
def test_a_page_gets_the_style_and_its_new_length(parts):
    headers, body, seen = answered(b"text/html; charset=utf-8", parts=parts)
    assert body == PAGE.replace(b"</head>", inserted() + b"</head>")
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"etag" not in headers, "the browser would keep a page with an old style"
    assert seen == [b"accept"]


@pytest.mark.parametrize(
    ("kind", "accept", "method"),
    [(b"application/json", b"text/html", "GET"), (b"text/html", b"*/*", "GET"), (b"text/html", b"text/html", "HEAD")],
)
def test_everything_else_passes_unchanged(kind, accept, method):
    headers, body, _ = answered(kind, accept, method)
    assert (body, headers[b"etag"], headers[b"content-length"]) == (PAGE, b"old", b"5")


def test_the_style_sheet_loads_nothing_and_cannot_end_its_element():
    css = stylesheet.STYLE.removeprefix("<style>").removesuffix("</style>")
    without_own = re.sub(r'url\("data:[^"]*"\)', "", css)  # an icon that is part of it
    assert "<" not in css and "url(" not in without_own and "@import" not in css


def test_the_code_of_each_element_is_found():
    for name in ELEMENTS:
        assert inserted().count(f"import('./static/js/{name}.".encode()) == 1, (
            f"Streamlit has no element {name} any more"
        )
