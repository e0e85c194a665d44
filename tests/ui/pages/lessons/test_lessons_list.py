"""The list of lessons, and what their steps mark on the other pages."""

import re
from dataclasses import replace

import pytest
import streamlit as st

from imgcls import lessons
from imgcls.lessons import Step, glossary
from imgcls.sharing import Mode, Role, Visitor, lesson_progress
from imgcls.sharing.lesson_progress import Standing
from imgcls.sharing.visitors import SERVER
from imgcls.ui.app.lessons import glossary_page, markers, page, teaching
from tests.support.pages import button, html_of, is_intact, opened, text_of

STEPS = [(name, step) for name in lessons.names() for step in lessons.find(name).STEPS]


def test_the_page_says_how_many_lessons_are_finished_and_continues_with_the_latest():
    app = opened("lessons")
    assert f"0 of {len(lessons.names())} lessons finished" in html_of(app)
    assert button(app, "Start with lesson 1")
    begun = lesson_progress.read(SERVER).changed("draw", Standing(4, 1.0, is_finished=True))
    lesson_progress.write(SERVER, begun.changed("training", Standing(1, 2.0)).changed("pixels", Standing(1, 3.0)))
    app = opened("lessons")
    assert f"1 of {len(lessons.names())} lessons finished" in html_of(app)
    button(app, "Continue with lesson 2").click().run()
    assert is_intact(app) and "2. Pixels: what a network sees" in text_of(app)


def test_on_ones_own_computer_a_line_leads_to_sheets_and_class_mode(monkeypatch):
    assert "linked from its card" in html_of(opened("lessons")) and 'href="/class"' in html_of(opened("lessons"))
    monkeypatch.setattr(teaching.sharing, "mode", lambda: Mode.DEMO)
    assert "linked from its card" not in html_of(opened("lessons"))


def test_with_all_lessons_finished_nothing_is_left_to_continue():
    progress = lesson_progress.read(SERVER)
    for name in lessons.names():
        progress = progress.changed(name, Standing(0, 1.0, is_finished=True))
    lesson_progress.write(SERVER, progress)
    app = opened("lessons")
    count = len(lessons.names())
    assert is_intact(app) and f"{count} of {count} lessons finished" in html_of(app)
    assert not [found for found in app.button if found.key == "lessons-continue"]


def test_the_lessons_stand_in_parts_and_finished_ones_have_a_badge():
    progress = lesson_progress.read(SERVER).changed("draw", Standing(0, 1.0, is_finished=True))
    lesson_progress.write(SERVER, progress)
    app = opened("lessons")
    assert [one.value for one in app.header] == ["First steps", "Inside a network", "Bigger problems", "Trust and use"]
    assert html_of(app).count('<span class="lesson-done">✓ Finished</span>') == 1 and is_intact(app)


@pytest.mark.parametrize("label", ["Glossary", "Look up a term"])
def test_the_head_and_the_last_card_open_the_glossary_which_has_an_address(label):
    app = opened("lessons")
    button(app, label).click().run()
    assert app.query_params["lesson"] in ("glossary", ["glossary"])
    assert is_intact(app) and html_of(app).count('class="meaning"') == len(glossary.terms())
    button(app, "All lessons").click().run()
    assert "lesson" not in app.query_params and "First steps" in text_of(app)


def test_the_glossary_is_searched_by_name_and_then_by_explanation_and_has_letters():
    app = opened("lessons", lesson="glossary")
    letters = {term[0].upper() for term in glossary.terms()}
    links = set(re.findall(r'href="#(letter-\d+)"', html_of(app)))
    assert links == set(re.findall(r'id="(letter-\d+)"', html_of(app))) == {f"letter-{ord(one)}" for one in letters}
    app.text_input(key="glossary-search").set_value("CONFUSION").run()
    assert html_of(app).count('class="meaning"') == 1 and "Confusion matrix" in html_of(app)
    app.text_input(key="glossary-search").set_value("wxyz").run()
    assert is_intact(app) and "No term matches" in text_of(app)
    word = "window"
    assert not [term for term in glossary.terms() if word in term.casefold()]
    assert (
        set(glossary_page.matching(word))
        == {term for term, texts in glossary.terms().items() if word in " ".join(texts).casefold()}
        != set()
    )


def test_the_glossary_leads_to_the_lessons_that_explain_a_term():
    app = opened("lessons", lesson="glossary")
    cards = {card.split("</b>")[0]: card for card in html_of(app).split('class="meaning"')[1:]}
    card = next(card for term, card in cards.items() if term.endswith("<b>Convolution"))
    assert re.findall(r'href="\?lesson=(\w+)"[^>]*>([^<]+)<', card) == [
        ("shuffled", "Lesson 3"),
        ("convolution", "Lesson 4"),
    ]
    assert not app.text_input(key="glossary-search").proto.max_chars, "no counter in the search"


def test_a_term_is_closed_by_opening_another_one():
    html = html_of(opened("lessons", lesson="draw"))
    assert html.count('<details name="words">') == html.count('class="meaning"') > 1
    assert "Press a term to see what it means:" in html


@pytest.mark.parametrize(("role", "has_sheet"), [(Role.MEMBER, False), (Role.TEACHER, True)])
def test_in_a_class_only_teachers_get_the_sheet_with_the_answers(monkeypatch, role, has_sheet):
    monkeypatch.setattr(page.sharing, "is_shared", lambda: True)
    monkeypatch.setattr(page.sharing, "current", lambda: Visitor("", role))
    found: list[str] = []
    for kind in ("link_button", "download_button"):
        monkeypatch.setattr(st, kind, lambda label, *_, **__: found.append(label))
    teaching.buttons("draw")
    assert found == (["Teacher's sheet", "Download the sheet"] if has_sheet else []), "side by side"
    monkeypatch.undo()
    monkeypatch.setattr(page.teacher_sheet, "is_for", lambda visitor: has_sheet)
    links = [one.proto.url for one in opened("lessons").get("link_button")]
    assert links == [f"/teacher-sheet/{name}" for name in lessons.names() if has_sheet], "on the cards, too"


@pytest.mark.parametrize(("name", "step"), STEPS, ids=[f"{name}: {step.title}" for name, step in STEPS])
def test_a_step_marks_a_control_and_says_all_that_its_task_needs(name, step):
    assert "start-bar" not in step.keys, "that frames the name and the seeds, too"
    assert bool(step.tab) == ("view" in step.keys), "otherwise all sections are framed"
    if step.do.startswith("Draw ") and step.page == "predict":
        first = lessons.find(name).STEPS[0]
        assert step == first, "a drawing of the step before is still on the canvas: Press Clear"
    place = re.search(
        r"below the bars|\bon the (left|right)[ ,.:]", f"{step.text} {step.do} {step.after}", re.IGNORECASE
    )
    assert place is None, "on another screen it is elsewhere"


def test_of_the_sections_of_evaluate_only_the_right_one_is_marked(monkeypatch):
    step = Step("A section", "", "evaluate", keys=("view", "part"), tab="Activations")
    monkeypatch.setattr(st, "session_state", {})
    assert markers.selectors(step, step.keys) == ".stMain .st-key-view,.stMain .st-key-part"
    monkeypatch.setattr(st, "session_state", {markers.SECTIONS: ("Errors", "Activations")})
    assert markers.selectors(step, step.keys) == ".stMain .st-key-view button:nth-of-type(2),.stMain .st-key-part"
    assert "outline-offset:-2px" in markers.style(step, step.keys)
    assert markers.style(Step("Nothing to mark", "", "runs"), ()) == ""


def test_what_is_marked_follows_the_visitor_from_the_section_to_its_control_and_to_the_result():
    step = Step(
        "A section", "", "evaluate", keys=("view", "part"), after_keys=("headline",), tab="Activations", do="Look."
    )
    step = replace(step, check=lambda _: True)
    assert markers.keys(step, {}, is_done=False) == ("view", "part")
    assert markers.keys(step, {"view": "Activations"}, is_done=False) == ("part",)
    assert markers.keys(step, {"view": "Activations"}, is_done=True) == ("headline",)
    only = Step("A section", "", "evaluate", keys=("view",), tab="Activations")
    assert markers.keys(only, {"view": "Activations"}, is_done=False) == ("view",)
