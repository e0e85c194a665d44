"""The app in German, chosen by the browser or in the menu, and in a made-up language from right to left."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from imgcls import lessons
from imgcls.ui.predict.example_drawings import DIGITS
from tests.browser.conftest import shipped_runs
from tests.browser.predict.test_pen_digits import DRAW
from tests.browser.support import steps
from tests.browser.support.server import REPOSITORY, wait_until

ENGLISH = re.compile(r"\b(the|and|you|your|is|of|what|with|this|step|lesson|next|back|leave|draw)\b", re.IGNORECASE)
"""Words that English sentences have and German ones have not."""
FOUR = [[(95, 50), (80, 150), (205, 150)], [(165, 60), (165, 235)]]
FACE = [
    [(140 + 90 * np.cos(turn), 140 + 90 * np.sin(turn)) for turn in np.linspace(0, 2 * np.pi, 40)],
    [(110, 105), (112, 112)],
    [(170, 105), (172, 112)],
    [(100, 175), (140, 195), (180, 175)],
]
LYING = [[(y, 280 - x) for x, y in stroke] for stroke in DIGITS["7"]]
DRAWINGS = (DIGITS["3"], FOUR, FACE, LYING)
"""What the steps of the first lesson ask for."""
VIEWS = ({"width": 1280, "height": 800}, {"width": 390, "height": 844})
OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll('[data-testid=stTopNavLink], .languages, [data-testid=stMainMenu]')]
        .map((one) => one.getBoundingClientRect()).filter((box) => box.width);
    const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const outside = boxes.filter((box) => box.left < -1 || box.right > innerWidth + 1);
    return [boxes.length, boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b))).length, outside.length];
}"""


@pytest.fixture
def beginners(make_server):
    """A server of its own for each try, since a lesson is remembered for everybody in local mode."""
    server = make_server(IMGCLS_STANDBY="off")
    server.add(REPOSITORY / "saved_models" / "digits")
    yield server.start()
    server.close()


@pytest.fixture(scope="module")
def server(make_server):
    """A server that also speaks the made-up language."""
    server = make_server(IMGCLS_PSEUDO_LANGUAGE="on", IMGCLS_STANDBY="off")
    for run in shipped_runs():
        server.add(run)
    yield server.start()
    server.close()


def draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    clear = steps.main(page).get_by_role("button", name="Löschen", exact=True)
    if clear.is_enabled():
        clear.click()
        expect(page.locator(".todo")).to_be_visible()
    page.evaluate(DRAW, [[[[x / 280, y / 280] for x, y in stroke] for stroke in strokes], 18])
    expect(page.locator(".sheet canvas:not([data-pending])")).to_be_visible()


def test_the_first_lesson_is_german_from_start_to_end(visit, beginners):
    page = visit(beginners, "/lessons?lesson=draw", locale="de-DE")
    steps.shows(page, "Zeichne und werde erkannt")
    assert page.locator("html").get_attribute("lang") == "de"
    page.locator(".st-key-lesson-start button").click()
    bar = page.locator(".st-key-lesson")
    count = len(lessons.find("draw").STEPS)

    def is_german() -> None:
        assert not ENGLISH.search(bar.inner_text()), bar.inner_text()

    for number, drawing in enumerate(DRAWINGS, 1):
        expect(bar).to_contain_text(f"Schritt {number} von {count}")
        choice = bar.locator(".st-key-lesson-choice-0 button")
        expect(choice).to_be_visible()
        is_german()
        choice.click()
        expect(bar.locator(".lesson-do")).to_be_visible()
        is_german()
        draw(page, drawing)
        expect(steps.next_step(page)).to_have_text("Weiter")
        is_german()
        steps.next_step(page).click()
    expect(bar).to_contain_text(f"Schritt {count} von {count}")
    is_german()
    steps.next_step(page).click()
    expect(steps.main(page)).to_contain_text("Du hast diese Lektion geschafft.")


def test_a_language_chosen_in_the_menu_is_kept_for_this_browser_alone(visit, server):
    page = visit(server, "/predict?run=digits")
    steps.shows(page, "Predict")
    page.locator(".languages summary").click()
    page.get_by_role("link", name="Deutsch (Entwurf)").click()
    steps.shows(page, "Vorhersagen")
    assert "run=digits" in page.url and page.locator("html").get_attribute("lang") == "de"
    page.goto(server.url + "/lessons")
    steps.shows(page, "Lektionen")
    steps.shows(visit(server, "/lessons"), "Lessons")


@pytest.mark.parametrize("path", ["/", "/predict", "/lessons", "/train"])
def test_a_page_from_right_to_left_is_as_wide_as_the_screen_and_nothing_overlaps(path, visit, server):
    page = visit(server, f"{path}?lang=ar-XB", viewport=VIEWS[0])
    expect(steps.main(page).locator("h1")).to_contain_text("نص")
    assert page.locator("html").get_attribute("dir") == "rtl"
    for view in VIEWS:
        page.set_viewport_size(view)
        steps.settled(page)
        # Streamlit folds its navigation with the next frame.
        wait_until(lambda view=view: fits(page, view["width"]), what=f"the page fits {view}")


def fits(page: Page, width: int) -> bool:
    """Whether nothing overlaps or is outside, and the heading begins at the right."""
    count, overlapping, outside = page.evaluate(OVERLAPS)
    heading = steps.main(page).locator("h1 span").first.bounding_box()
    return (
        page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
        and count >= (9 if width > 1000 else 2)
        and (overlapping, outside) == (0, 0)
        and abs(heading["x"] + heading["width"] - 0.96 * width) < 16
    )
