"""The pages and their files."""

import re

import pytest

from imgcls.api.plain_pages.together import assets, texts
from imgcls.jobs.together import activities
from imgcls.sharing import acting_as, people
from imgcls.sharing.classroom import join_link
from tests.sharing.classroom.conftest import ADA, TEACHER

POLICY = "content-security-policy"
MARKUP = "</script><b>x"


def test_class_names_with_markup_stay_text(site, room):
    with acting_as(people.visitor(TEACHER.id)):
        activities.start_collection(room, [MARKUP, "<!--", "☺"])
    page = site.ask("GET", f"/room/{room.code}/draw", ADA).body.decode()
    assert MARKUP not in page and "<!--" not in page and "\\u003c/script>" in page and "☺" in page


def test_only_our_scripts_run_on_a_page(site, room, wall):
    answer = site.ask("GET", f"/room/{room.code}/draw", ADA)
    policy, page = answer.headers["content-security-policy"], answer.body.decode()
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    assert "script-src 'self'" in policy and "unsafe-eval'" not in policy.replace("wasm-unsafe-eval", "")
    assert re.findall(r'<script[^>]*nonce="([^"]+)"', page) == [nonce]
    assert nonce not in site.ask("GET", f"/room/{room.code}/draw", ADA).body.decode()
    assert "frame-ancestors 'none'" in policy and answer.headers["x-content-type-options"] == "nosniff"


def test_every_file_that_a_page_names_is_there_and_is_kept_by_the_browser(site, room, wall):
    page = site.ask("GET", f"/room/{room.code}/draw", ADA).body.decode()
    named = set(re.findall(r'"\.\./(files/[^"]+[^/])"', page))
    assert len(named) >= 5
    for name in named:
        answer = site.ask("GET", f"/room/{name}", ADA, accept_encoding="gzip")
        assert answer.status == 200 and "immutable" in answer.headers["cache-control"], name


@pytest.mark.parametrize(
    "name",
    [
        "../pages.py",
        "web/../pages.py",
        "web/phone.html.jinja",
        "litert_core.js.gz",
        "js/",
        "",
        "%2e%2e/pages.py",
        "no.js",
    ],
)
def test_no_other_file_can_be_read(site, name):
    assert site.ask("GET", f"/room/files/{assets.version()}/{name}").status == 404
    assert site.ask("GET", "/room/files/old/page.css").status == 404


def test_a_browser_without_gzip_gets_the_runtime_unpacked(site):
    packed = site.ask("GET", f"/room/files/{assets.version()}/wasm_utils.js", accept_encoding="gzip")
    plain = site.ask("GET", f"/room/files/{assets.version()}/wasm_utils.js")
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert b"createWasmLib" in plain.body


def test_a_problem_is_a_page_for_a_person_and_a_sentence_for_a_script(site, room):
    page = site.ask("GET", "/room/ZZZZZ/draw", ADA)
    assert page.status == 404 and page.headers["content-type"].startswith("text/html")
    assert "This class is closed, or there is none" in page.body.decode()
    assert "This class is closed" in site.ask("GET", "/room/ZZZZZ/state", ADA).message


def test_the_projector_is_for_the_teacher(site, room, wall):
    refused = site.ask("GET", f"/room/{room.code}/screen", ADA)
    assert refused.status == 403 and b"enter the code from the server" in refused.body
    assert b'href="/class">Class page</a>' in refused.body and b"/web/font.css" in refused.body
    headings = {"screen": "Draw together", "leaderboard": "Leaderboard", "stage": "On stage"}
    for path, heading in (headings | {"moderator": "Moderate", "invite": "Join screen"}).items():
        assert f"<h1>{heading}</h1>" in site.ask("GET", f"/room/{room.code}/{path}", ADA).body.decode()
    page = site.ask("GET", f"/room/{room.code}/screen", people.visitor(TEACHER.id))
    assert page.status == 200 and f"/room/{room.code}" in page.body.decode()
    short = site.ask("GET", f"/room/{room.code}", ADA)
    assert (short.status, short.headers["location"]) == (303, f"{room.code}/draw")


@pytest.mark.parametrize(("listens_on", "is_reachable"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_the_projector_has_a_qr_code_only_if_others_can_reach_the_server(
    site, room, wall, monkeypatch, listens_on, is_reachable
):
    monkeypatch.setattr(join_link, "_listens_on", listens_on)
    monkeypatch.setattr(join_link, "network_address", lambda: "192.168.1.7")
    page = site.ask("GET", f"/room/{room.code}/screen", people.visitor(TEACHER.id)).body.decode()
    assert (f"QR code of http://192.168.1.7:8501/room/{room.code}" in page) is is_reachable
    assert ("Only this computer can reach the server" in page) is not is_reachable
    assert ("imgcls app --mode classroom --address 0.0.0.0" in page) is not is_reachable


def test_the_phone_speaks_the_language_of_its_owner_and_every_text_is_listed(site, room, wall):
    page = site.ask("GET", f"/room/{room.code}/draw", ADA, accept_language="de-AT,de;q=0.9").body.decode()
    assert '<html lang="de" dir="ltr">' in page and "Was über dich gespeichert ist" in page
    assert '"Sent.": "Gesendet."' in page, "for the script"
    assert ">Send<" in site.ask("GET", f"/room/{room.code}/draw", ADA, accept_language="fi").body.decode()


ASKED = re.compile(r'(?:_|translated)\(\s*"(.+?)"')
OF_BOTH = ("asking.js", "translated.js")


def asked(path) -> set[str]:
    return set(ASKED.findall(path.read_text("utf-8")))


def test_every_text_of_the_plain_pages_is_listed():
    """A text that is not listed is never translated."""
    phone, screens = {*texts.PAGE, *texts.TEXTS}, {*texts.SCREENS}
    for path in [*assets.HERE.rglob("*.js"), *assets.HERE.rglob("*.jinja")]:
        is_screens = not {"screen", "moderator", "invite"}.isdisjoint(path.parts) or path.name == "tiles.js"
        assert asked(path) <= (screens if is_screens else phone), path.name
        assert path.name not in OF_BOTH or asked(path) <= phone & screens
    sources = "".join(path.read_text("utf-8") for path in assets.HERE.rglob("*.*") if path.suffix in (".js", ".jinja"))
    assert not [text for text in screens if f'"{text}"' not in sources], "nobody shows it"


@pytest.mark.parametrize("path", ["screen", "moderator", "leaderboard", "stage", "invite"])
def test_the_teachers_pages_speak_their_language(site, room, wall, path):
    teacher = people.visitor(TEACHER.id)
    page = site.ask("GET", f"/room/{room.code}/{path}", teacher, accept_language="de").body.decode()
    assert '<html lang="de" dir="ltr">' in page and '"Hidden.": "Ausgeblendet."' in page
    english = site.ask("GET", f"/room/{room.code}/{path}", teacher).body.decode()
    assert '<html lang="en" dir="ltr">' in english and '"texts": {}' in english
    assert ("frame-src 'self'" in site.ask("GET", f"/room/{room.code}/{path}", teacher).headers[POLICY]) is (
        path == "stage"
    )


def test_the_plain_pages_have_the_font_of_the_app_from_this_server(site, room, wall):
    teacher = people.visitor(TEACHER.id)
    for path in ("draw", "screen", "leaderboard", "stage", "moderator"):
        answer = site.ask("GET", f"/room/{room.code}/{path}", teacher)
        assert b"/web/font.css" in answer.body and "font-src 'self'" in answer.headers[POLICY], path
    font = site.ask("GET", f"/room/files/{assets.version()}/font.woff2", ADA)
    assert (font.status, font.headers["content-type"], font.body[:4]) == (200, "font/woff2", b"wOF2")
