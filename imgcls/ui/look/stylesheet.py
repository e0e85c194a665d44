"""Puts the style sheets into the HTML that the server answers with, so that it holds from the first paint on.

A style sheet that a page sends arrives after the first paint: the heading would move when it does, at every visit.

The HTML also loads the code of the elements that most pages have. Streamlit loads it when the first such element
arrives, and shows a grey bar of another height meanwhile, so that everything below moves twice. More scripts give the
whole document the colour scheme of the app, let Back leave a page in one step, open each page at its top, and close the
menu of a phone.

It also says in which language the page is and in which direction that is written, and remembers a language that the
address names.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from streamlit import file_util

from imgcls import languages
from imgcls.languages import choice

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ELEMENTS = (
    *("Html", "ButtonGroup", "Button", "Selectbox", "Multiselect", "Slider", "NumberInput", "TextInput", "Checkbox"),
    *("Pagination", "BidiComponent", "DataFrame", "DownloadButton", "FileUploader"),
)
"""Streamlit's names of these elements: the first part of the names of its files."""
SHEETS = ("style.css", "lessons.css")
STYLE = f"<style>{''.join(Path(__file__).with_name(name).read_text('utf-8') for name in SHEETS)}</style>"
SCRIPTS = tuple(
    Path(__file__).with_name(f"{name}.js").read_text("utf-8")
    for name in ("color_scheme", "back_button", "page_changes", "phone_menu", "current_page")
)
"""In this order: `page_changes` notices what `back_button` makes of a new address."""
END = b"</head>"
ROOT = b'<html lang="en"'
CONDITIONS = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"range")
"""Request headers that would get a page from the browser's cache, without the present style, or a compressed one."""
OUTDATED = (b"content-length", b"etag", b"last-modified")


@lru_cache
def inserted() -> bytes:
    """What a page gets: the style, a script that loads the elements once the app itself is loaded, and our own ones."""
    files = (Path(file_util.get_static_dir()) / "static" / "js").glob("*.js")
    names = sorted(file.name for file in files if file.name.split(".")[0] in ELEMENTS)
    loads = "".join(f"import('./static/js/{name}').catch(() => {{}});" for name in names)
    scripts = "".join(f'<script type="module">{script}</script>' for script in (loads, *SCRIPTS))
    return f"{STYLE}{scripts}".encode()


class Stylesheet:
    """ASGI middleware that inserts the style sheet into pages; everything else passes unchanged."""

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _asks_for_a_page(scope):
            await self.app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name not in CONDITIONS]
        await self.app({**scope, "headers": headers}, receive, _Insertion(send, scope))


class _Insertion:
    """Holds back the start of an answer until its length is known; only of HTML."""

    def __init__(self, send: Send, scope: Message) -> None:
        self.send = send
        self.scope = scope
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self.start = message
            return
        if self.start is None or message["type"] != "http.response.body":
            await self.send(message)
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = in_language(self.body.replace(END, inserted() + END, 1), self.scope)
        headers = [(name, value) for name, value in self.start["headers"] if name.lower() not in OUTDATED]
        headers.append((b"content-length", str(len(body)).encode()))
        await self.send({**self.start, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def in_language(page: bytes, scope: Message) -> bytes:
    """A page with the language and direction that this request asks for; a choice in the address is remembered."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get(choice.PARAMETER, [""])[0]
    code = choice.chosen(asked, _cookie(headers.get(b"cookie", "")), headers.get(b"accept-language", ""))
    if code != languages.ENGLISH:
        page = page.replace(ROOT, f'<html lang="{code}" dir="{languages.direction(code)}"'.encode(), 1)
    if code == asked:
        cookie = f"{choice.COOKIE}={code};path=/;max-age={choice.COOKIE_SECONDS};samesite=lax"
        page = page.replace(END, f"<script>document.cookie='{cookie}'</script>".encode() + END, 1)
    return page


def _cookie(header: str) -> str:
    """The language in a Cookie header; "" if it has none or cannot be read."""
    try:
        found = SimpleCookie(header).get(choice.COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _asks_for_a_page(scope: Message) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _is_html(message: Message) -> bool:
    """Whether it is a page of Streamlit's: ours have a security policy of their own, and their own style."""
    headers = {name.lower(): value for name, value in message["headers"]}
    is_html = headers.get(b"content-type", b"").startswith(b"text/html")
    return is_html and b"content-encoding" not in headers and b"content-security-policy" not in headers
