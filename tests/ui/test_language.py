"""The language of a visitor, on the pages and in the HTML that the server answers with."""

import asyncio
import shutil
from types import SimpleNamespace

import pytest

import imgcls
from imgcls import languages
from imgcls.system import paths
from imgcls.ui.look.stylesheet import Stylesheet
from imgcls.ui.visitors import app_menu, language
from tests.support.pages import html_of, is_intact, opened, prepared, text_of

PAGE = b'<html lang="en"><head></head><body></body></html>'


def answered(query: str = "", **headers: str) -> str:
    """The page that the server answers with."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": PAGE})

    async def send(message):
        sent.append(message)

    given = {"accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {"type": "http", "method": "GET", "query_string": query.encode()}
    scope["headers"] = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    asyncio.run(Stylesheet(app)(scope, None, send))
    body = sent[1]["body"]
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(body)).encode()
    return body.decode()


def test_the_html_has_the_language_of_the_address_and_remembers_it():
    page = answered("run=digits&lang=de", cookie="imgcls_language=fr")
    assert '<html lang="de" dir="ltr">' in page and "document.cookie='imgcls_language=de;path=/;" in page


@pytest.mark.parametrize("headers", [{"cookie": "a=b; imgcls_language=fr"}, {"accept_language": "fr-CH, en;q=0.9"}])
def test_the_html_has_the_language_of_the_cookie_or_the_browser(headers):
    page = answered(**headers)
    assert '<html lang="fr" dir="ltr">' in page and "document.cookie" not in page


@pytest.mark.parametrize(
    ("query", "cookie"),
    [("", ""), ("lang=xx", ""), ("lang=<script>", "imgcls_language='><script>"), ("lang=ar-XB", "\x00=;=;[")],
)
def test_the_html_is_english_if_no_known_language_is_asked_for(query, cookie):
    page = answered(query, cookie=cookie)
    assert page.startswith('<html lang="en"><head>') and "document.cookie" not in page


def test_the_html_of_a_language_from_right_to_left_says_so(monkeypatch):
    monkeypatch.setenv("IMGCLS_PSEUDO_LANGUAGE", "on")
    assert '<html lang="ar-XB" dir="rtl">' in answered("lang=ar-XB")


@pytest.mark.parametrize(
    ("code", "title"),
    [("de", "Lektionen"), ("es", "Lecciones"), ("fr", "Leçons"), ("en", "Lessons"), ("xx", "Lessons")],
)
def test_a_page_is_in_the_language_of_its_address(code, title):
    app = opened("lessons", lang=code)
    assert is_intact(app) and app.title[0].value == title
    assert (
        f'lang="{code if code != "xx" else "en"}" hreflang="{code if code != "xx" else "en"}" aria-current'
        in html_of(app)
    )
    assert languages.current() == "en", "other code of this process is not affected"


def test_the_language_stays_when_the_address_loses_it():
    app = opened("lessons", lang="de")
    del app.query_params["lang"]
    assert app.run().title[0].value == "Lektionen"


def test_a_mode_of_predict_has_the_same_address_in_every_language():
    folder = paths.runs_folder() / "digits"
    shutil.copytree(paths.repository_folder() / "saved_models" / "digits", folder)
    app = prepared("predict", run="digits", mode="Upload", lang="de").run()
    assert is_intact(app) and app.session_state["mode"] == "Upload"
    app.segmented_control(key="mode").set_value("Stapel").run()
    assert app.query_params["mode"] in ("Batch", ["Batch"]) and app.session_state["mode"] == "Batch"
    app.segmented_control(key="mode").set_value("Zeichnen").run()
    assert "mode" not in app.query_params and is_intact(app)


def test_a_link_of_the_menu_keeps_the_address_of_the_page():
    app = opened("lessons", lesson="draw", lang="fr")
    assert 'href="lessons?lesson=draw&amp;lang=de" lang="de"' in html_of(app)
    assert text_of(app) and app.session_state[language.KEY] == "fr"


@pytest.mark.parametrize("url", ["http://school.test:8501/app/runs?q=x", None])
def test_the_menu_names_the_version_and_leads_to_help_on_this_server(monkeypatch, url):
    given = {}
    monkeypatch.setattr(app_menu.st, "set_page_config", lambda menu_items: given.update(menu_items))
    monkeypatch.setattr(app_menu.st, "context", SimpleNamespace(url=url))
    app_menu.show(lambda *parts: "/".join(["", "app", *parts]))
    base = "http://school.test:8501" if url else ""
    assert given["Get help"] == (f"{base}/app/lessons" if url else None)
    assert imgcls.__version__ in given["About"] and f"]({base}/app/lessons?lesson=glossary)" in given["About"]
