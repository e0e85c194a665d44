"""Lesson 1 as a beginner does it: every guess, every drawing, F5 in the middle, until the end."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from imgcls import lessons
from tests.browser.support import steps
from tests.browser.support.server import REPOSITORY

STROKES = {
    "3": "18,12 50,4 78,18 72,38 45,48 75,58 82,78 50,96 15,88",
    "4": "60,5 35,35 10,65 50,65 90,65; 68,40 68,70 68,97",
    "face": "50,0 85,20 100,50 85,85 50,100 15,85 0,50 15,20 50,0; 30,35 34,40; 68,35 72,40; 28,65 50,78 72,65",
    "turned 7": "8,88 8,50 8,10 45,35 95,55",
}
"""Points along each stroke, 0 to 100."""
DRAWINGS = list(STROKES)


def bar(page: Page):
    return page.locator(".st-key-lesson")


def draw(page: Page, what: str) -> None:
    """With the mouse, on a canvas that is cleared first."""
    clear = steps.button(page, "Clear")
    if clear.is_enabled():
        clear.click()
        expect(clear).to_be_disabled()
    box = page.locator("canvas").first.bounding_box()
    for stroke in STROKES[what].split(";"):
        points = [tuple(map(float, point.split(","))) for point in stroke.split()]
        path = [(a + (c - a) * t / 4, b + (d - b) * t / 4) for (a, b), (c, d) in pairwise(points) for t in range(5)]
        for number, (x, y) in enumerate(path):
            page.mouse.move(box["x"] + box["width"] * (0.25 + 0.005 * x), box["y"] + box["height"] * (0.2 + 0.006 * y))
            if not number:
                page.mouse.down()
        page.mouse.up()


@pytest.fixture
def pupils(make_server):
    """A server of its own: how far somebody is in a lesson is shown on every page."""
    server = make_server()
    server.add(REPOSITORY / "saved_models" / "digits")
    yield server.start()
    server.close()


def test_the_first_lesson_can_be_done_from_its_link_to_its_end(visit, pupils):
    lesson = lessons.find("draw")
    page = visit(pupils, "/lessons?lesson=draw")
    steps.shows(page, "1. Draw, and see it recognised")
    steps.button(page, "Start the lesson").click()
    steps.shows(page, "Predict")
    for at, step in enumerate(lesson.STEPS):
        expect(bar(page)).to_contain_text(f"Step {at + 1} of {len(lesson.STEPS)}")
        if step.question is None:
            continue
        expect(bar(page)).not_to_contain_text(step.do)
        bar(page).get_by_role("button", name=step.question.choices[step.question.right], exact=True).click()
        expect(bar(page)).to_contain_text(step.do)
        for key in step.keys:
            marked = steps.main(page).locator(f".st-key-{key}")
            expect(marked).to_be_visible()
            expect(marked).to_have_css("outline-style", "solid")
        expect(steps.next_step(page)).to_have_text("Skip")
        if at == 1:
            page.reload()
            steps.shows(page, "Predict")
            expect(bar(page)).to_contain_text("Step 2 of 5")
            expect(bar(page)).to_contain_text(step.do)
        steps.settled(page)
        draw(page, DRAWINGS[at])
        expect(steps.next_step(page)).to_have_text("Next", timeout=steps.SLOW)
        expect(bar(page).locator(".right").get_by_role("img", name="Right")).to_be_visible()
        if at:
            steps.next_step(page).dblclick()
        else:
            steps.next_step(page).press("Enter")
            expect(bar(page)).to_contain_text("Step 2 of")
            expect(steps.next_step(page)).to_be_focused()
    expect(steps.next_step(page)).to_have_text("Finish")
    steps.next_step(page).click()
    steps.shows(page, "1. Draw, and see it recognised")
    expect(steps.main(page)).to_contain_text("You have finished this lesson.")
    expect(page.locator(".lesson-finish.is-new .tick")).to_have_css("animation-name", "tick-pop")
    expect(page).to_have_url(re.compile(r"/lessons\?lesson=draw"))
    expect(bar(page)).to_have_count(0)


def test_on_a_phone_the_canvas_is_above_the_bar(visit, pupils):
    page = visit(pupils, "/lessons?lesson=draw", viewport={"width": 390, "height": 844})
    steps.shows(page, "1. Draw, and see it recognised")
    steps.button(page, "Start the lesson").click()
    steps.shows(page, "Predict")
    page.wait_for_function("document.querySelector('.st-key-canvas')?.getBoundingClientRect().top < 100")
