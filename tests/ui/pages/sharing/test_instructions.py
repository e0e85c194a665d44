"""Instructions as Markdown that cannot break a page, and the preview of an assignment that is not handed out yet."""

import re
import time

import pytest
from markdown_it import MarkdownIt

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, drafts
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.jobs.classroom.assignments.attempts import Entry
from imgcls.sharing import NotAllowed, acting_as, people
from imgcls.system.addresses import WORD_JOINER
from imgcls.ui.app.assignments import form
from imgcls.ui.app.assignments.instructions import markdown
from tests.support.pages import HOSTILE, html_of, is_intact, opened, prepared, text_of
from tests.ui.pages.sharing.conftest import open_class, prepare_classroom

TEACHER, ADA = "T" * 22, "A" * 22
CONFIG = Config(data="mnist_sample", epochs=3)
ALLOWED = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}


@pytest.fixture(autouse=True)
def classroom(monkeypatch, mnist_sample):
    prepare_classroom(monkeypatch, TEACHER)


@pytest.fixture
def room():
    return open_class(TEACHER, {ADA: "Ada"})


def rendered(text: str) -> str:
    """As a viewer of CommonMark shows it that lets HTML through, which Streamlit does not."""
    return MarkdownIt("commonmark", {"html": True}).render(markdown(text))


def test_bold_italics_lists_and_links_are_formatted():
    shown = rendered("Train a **CNN**, *now*.\nThen:\n\n1. One\n2. Two\n  - part\n- [Help](https://a.org/x_y?b=1&c=2)")
    assert "<p>Train a <strong>CNN</strong>, <em>now</em>.<br />\nThen:</p>" in shown
    assert "<li>One</li>" in shown and re.search(r"<li>Two\s*<ul>\s*<li>part</li>", shown)
    assert '<a href="https://a.org/x_y?b=1&amp;c=2">Help</a>' in shown
    assert '<a href="https://a.org/x">' in rendered("See https://a.org/x."), "a mere address is a link, too"


def test_text_that_only_looks_like_markdown_stays_as_it_was_written():
    for text in (
        "3*4*5 = 60",
        "a_b_c",
        "# 1",
        "2026. A year",
        "    code",
        "x ** y",
        "> 90%",
        "1 | 2",
        "snake_case_name",
    ):
        shown = rendered(text).replace("&gt;", ">")
        assert re.sub(r"</?p>|\n", "", shown) == text.strip(), text


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        "<script>alert(1)</script>",
        "- <img src=x onerror=alert(1)>",
        "**<b onclick=alert(1)>x</b>**",
        "![x](https://evil.example/track.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        '[x](https://a.org/" onclick="alert(1))',
        "[x](https://school.org@evil.example/)",
        "[a]: https://evil.example\n[a]",
        "[<img src=x>](https://a.org/)",
        "<https://evil.example>",
        "```\ncode\n```",
        ":material/delete: :red[x] $\\alpha$ &lt;b&gt; \\<b>",
        "a\n===\nb\n---",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "<!-- " + "**a" * 300,
        "*" * 2000,
    ],
)
def test_nothing_else_than_what_is_allowed_gets_a_meaning(text):
    shown = rendered(text)
    assert set(re.findall(r"<(\w+)", shown)) <= ALLOWED
    assert all(re.fullmatch(r'a href="https?://[^"<>@]+"', link) for link in re.findall(r"<(a [^>]*)>", shown))
    bare = re.sub(r"\\.", "", re.sub(r"\]\([^)]*\)", "]", markdown(text)))
    assert not re.search(r"[$:<>`#~|]", bare), "what Streamlit's own Markdown knows is escaped as well"


def test_instructions_of_any_length_are_read_at_once():
    began = time.process_time()
    for text in ("**a" * 700, "*a" * 1000, "[" * 2000, "[a](" * 500, "- " * 1000, "https://" * 250, "1. " * 700):
        markdown(text[: assignments.TEXT_LENGTH])
    assert time.process_time() - began < 5


def test_a_pupil_and_the_teacher_see_them_formatted(look_as, room):
    with acting_as(people.visitor(TEACHER)):
        task = assignments.make(
            room, "train", "Task", settings_of(CONFIG), instructions="Read **this** <b>x</b>\n- [a](https://a.org/)"
        )
    for visitor, page, query in ((ADA, "train", {"assignment": task.code}), (TEACHER, "class", {"tab": "assignments"})):
        look_as(visitor)
        app = opened(page, **query)
        assert is_intact(app)
        written = next(one.value for one in app.markdown if "Read" in one.value)
        assert "**this** \\<b\\>" in written and "- [a](https://a.org/)" in written
        assert WORD_JOINER not in written


def draft(room, **values):
    with acting_as(people.visitor(TEACHER)):
        return drafts.keep(room, "train", "Beat it", settings_of(CONFIG), **values)


def test_a_teacher_previews_an_assignment_that_nobody_else_finds(look_as, room):
    draft(room, fixed=("epochs",), instructions="Read **this**", attempts=2)
    look_as(TEACHER)
    app = opened("train", assignment=drafts.CODE)
    assert is_intact(app)
    assert "Beat it" in text_of(app) and "**this**" in text_of(app) and "0 of 2 attempts used." in text_of(app)
    epochs = next(one for one in app.number_input if one.label == "Epochs")
    assert epochs.disabled and epochs.value == 3
    assert "Turn this page into an assignment" not in [one.label for one in app.expander], "a pupil has no such box"
    next(one for one in app.button if one.label == "Start").click().run()
    assert [toast.value for toast in app.toast] == [attempts.PREVIEW]
    look_as(ADA)
    assert "There is no preview" in text_of(opened("train", assignment=drafts.CODE))
    with acting_as(people.visitor(TEACHER)):
        assert assignments.of_room(room) == [] and runs.all_runs() == []


def test_no_run_counts_for_a_preview_whatever_is_sent(room):
    draft(room)
    with acting_as(people.visitor(TEACHER)), pytest.raises(UserError, match="preview"):
        jobs.begin(CONFIG, "", assignment=Entry(drafts.CODE))
    with acting_as(people.visitor(TEACHER)):
        assert runs.all_runs() == []


def test_only_the_teacher_makes_a_preview_and_it_is_checked_as_the_assignment_is(room):
    with acting_as(people.visitor(ADA)), pytest.raises(NotAllowed):
        drafts.keep(room, "train", "Mine", settings_of(CONFIG))
    with acting_as(people.visitor(TEACHER)), pytest.raises(UserError, match="needs a title"):
        drafts.keep(room, "train", " ", settings_of(CONFIG))


def test_the_form_shows_the_page_as_wide_as_a_phone_and_keeps_what_was_entered(look_as, room):
    look_as(TEACHER)
    app = prepared("train")
    app.session_state[form.BOX] = True
    app.run()
    app.text_input(key="assignment-title").set_value("Beat it")
    app.text_area(key="assignment-instructions").set_value("Read **this**")
    next(one for one in app.button if one.label == "Preview as a pupil").click().run()
    assert is_intact(app)
    (frame,) = app.get("iframe")
    assert frame.proto.src == "/train?assignment=preview"
    with acting_as(people.visitor(TEACHER)):
        assert drafts.own().instructions == "Read **this**"
        assert assignments.of_room(room) == []
    assert app.text_input(key="assignment-title").value == "Beat it"
    assert "<script" not in html_of(app)


def test_a_pupils_run_in_the_queue_shows_only_what_they_can_use(look_as, room):
    with acting_as(people.visitor(ADA)):
        run = jobs.begin(CONFIG, "Mine")
    look_as(ADA)
    app = opened("train", run=run.id)
    assert is_intact(app)
    assert [one.label for one in app.button] == ["Runs", "Draw meanwhile", "Remove from queue"]
    assert "Place in the queue" in html_of(app) and "1 of 1" in html_of(app)
    assert "Starts automatically, even if this page is closed." in text_of(app)
    assert not app.expander and not app.toggle and not app.text_area
    look_as(TEACHER)
    assert {"Earlier", "Later"} <= {one.label for one in opened("train", run=run.id).button}, "of the queue"
