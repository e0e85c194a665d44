"""Every control that a lesson marks is on the page that its step opens. One visit for each address."""

import json
import re
import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from imgcls import lessons
from imgcls.config import Config
from tests.browser.support import steps
from tests.browser.support.server import REPOSITORY

SAMPLE = {"run": "sample"}
"""For steps about a run of the learner: a small CNN, as in the lessons."""
LATER = {"corruption", "strength", "channels"}
"""Only there once the section of the task is open; other steps open it."""
CHOSEN = {"activations-canvas", "image-next"}
"""Only there once something is chosen in another marked control."""
EITHER = {
    "export-html": "task-Take-it-home",
    "task-Take-it-home": "export-html",
    "task-Evaluate-robustness": "corruption",
}
"""Which of the two is there depends on whether the task was done before."""


def addresses() -> dict[str, set[str]]:
    """Address -> the keys of the controls that steps mark there."""
    found: dict[str, set[str]] = {}
    for step in (step for name in lessons.names() for step in lessons.find(name).STEPS if step.keys):
        query = {**step.query, **(SAMPLE if step.run_of else {})}
        found.setdefault(f"/{step.page}?{urlencode(query)}", set()).update(step.keys)
    return found


@pytest.mark.parametrize("address", sorted(addresses()))
def test_what_lessons_mark_on_a_page_is_there(visit, server, address):
    page = visit(server, address)
    expect(steps.main(page).locator("h1")).to_be_visible(timeout=steps.SLOW)
    steps.settled(page)
    if address.startswith("/train"):  # for a step, it is open; see the test of the lesson on the learning rate
        page.locator(".st-key-detailed > * > details > summary").click()
        steps.settled(page)
    if "view=Export" in address:  # as above; see the test of the section
        page.locator(".st-key-export-programmers > * > details > summary").click()
        steps.settled(page)
    for key in addresses()[address] - CHOSEN - (set() if "view=" in address else LATER):
        keys = (key, EITHER.get(key, key))
        marked = steps.main(page).locator(", ".join(f".st-key-{key}" for key in keys)).first
        expect(marked, f"{key} at {address}").to_be_visible()


class Slow:
    """A connection whose answers can be held back, as in a crowd or on a bad network."""

    def __init__(self, page: Page):
        self._held: list[tuple] = []
        self._is_held, self.sent = False, 0
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)
        page.reload()

    def _connect(self, browser) -> None:
        server = browser.connect_to_server()

        def up(message) -> None:
            self.sent += 1
            server.send(message)

        browser.on_message(up)
        server.on_message(
            lambda message: self._held.append((browser, message)) if self._is_held else browser.send(message)
        )

    def hold(self) -> None:
        self.sent, self._is_held = 0, True

    def wait(self, page: Page, sent: int) -> None:
        """Until the browser has sent so many messages, which Playwright sees only while the page waits."""
        end = time.monotonic() + steps.SLOW / 1000
        while self.sent < sent:
            assert time.monotonic() < end, f"{self.sent} of {sent} messages"
            page.wait_for_timeout(50)

    def release(self) -> None:
        """Each message once and in their order: those that arrive meanwhile wait for those before them."""
        while self._held:
            browser, message = self._held.pop(0)
            browser.send(message)
        self._is_held = False


def begin(page: Page, opens: str = "") -> Locator:
    """Starts the lesson whose page is open, and waits for the page of this heading that its first step is on. Returns
    the bar."""
    start = steps.button(page, "Start the lesson")
    expect(start).to_be_visible(timeout=steps.SLOW)
    start.click()
    if opens:
        steps.shows(page, opens)
        steps.settled(page)
    return page.locator(".st-key-lesson")


def advance(page: Page, bar: Locator, number: int) -> None:
    """Passes so many steps, from the first one on."""
    for step in range(1, number + 1):
        expect(bar).to_contain_text(f"Step {step} of ")
        steps.settled(page)
        steps.next_step(page).click()


def test_a_marked_control_below_the_fold_is_scrolled_into_view(visit, make_server, sample_run):
    """On a slow connection: the browser asks for the next update of the bar before it knows of the next page."""
    server = make_server()
    settings = lessons.find("convolution").CNN
    run = server.add(sample_run)
    (run / "config.json").write_text(json.dumps(Config(**settings).as_dict()))
    server.start()
    page = visit(server, "/lessons?lesson=convolution")
    page.set_viewport_size({"width": 1280, "height": 480})
    slow = Slow(page)
    bar = begin(page)
    for title in ("A network of your own", "Sixteen small filters"):
        expect(bar).to_contain_text(title)
        slow.hold()
        steps.next_step(page).click()
        slow.wait(page, sent=2)  # the click, and a tick of the bar
        slow.release()
    steps.shows(page, "Evaluate")
    marked = steps.main(page).locator(".st-key-by-hand")
    expect(marked).to_be_visible()
    expect(marked).not_to_be_in_viewport(ratio=0.3)
    bar.get_by_role("button", name="9", exact=True).click()
    expect(marked).to_be_in_viewport(ratio=0.6)
    server.close()


def test_a_step_about_a_setting_opens_the_section_that_holds_it(visit, make_server):
    server = make_server()
    page = visit(server.start(), "/train")
    section = page.locator(".st-key-detailed > * > details")
    marked = steps.main(page).locator(".st-key-learning_rate")
    expect(section).not_to_have_attribute("open", "", timeout=steps.SLOW)
    expect(marked).to_be_hidden()
    page.goto(f"{server.url}/lessons?lesson=learning_rate")
    steps.button(page, "Start the lesson").click()
    steps.shows(page, "Train a model")
    expect(marked).to_be_visible()
    steps.settled(page)
    section.locator(":scope > summary").click()
    steps.settled(page)
    expect(marked, "the visitor may close it").to_be_hidden()
    server.close()


def test_on_a_phone_start_and_the_bar_of_a_lesson_do_not_cover_each_other(visit, make_server):
    server = make_server()
    page = visit(server.start(), "/lessons?lesson=shuffled", viewport={"width": 390, "height": 844})
    bar = begin(page, "Train a model")
    assert reaches(page, steps.next_step(page))
    start = page.locator(".st-key-start button")
    assert not reaches(page, start), "it lies behind the question, not above it"
    bar.get_by_role("button", name="Hide the step").click()
    expect(bar.get_by_role("button", name="Show the step")).to_be_visible()
    assert bar.bounding_box()["height"] < 70, "one line, also before the question is answered"
    assert reaches(page, steps.next_step(page)), "it is in that line"
    box = bar.bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + 30)  # on its title
    expect(bar.get_by_role("button", name="Hide the step")).to_be_visible()
    bar.get_by_role("button", name="Four or five").click()
    expect(bar).to_contain_text("press Start")
    steps.settled(page)
    expect(start).to_be_in_viewport(ratio=1)
    assert reaches(page, start)
    server.close()


def test_beside_a_lesson_a_marked_tab_at_the_end_of_its_row_is_scrolled_into_view(visit, make_server):
    server = make_server()
    server.add(REPOSITORY / "saved_models" / "digits")
    page = visit(server.start(), "/lessons?lesson=deployment", viewport={"width": 1280, "height": 720})
    begin(page, "Evaluate")
    tab = steps.main(page).locator(".st-key-view button").filter(has_text="Export")
    expect(tab).not_to_be_in_viewport(ratio=1)
    page.locator(".st-key-lesson").get_by_role("button", name="The model forgets").click()
    expect(tab).to_have_css("outline-style", "solid")
    expect(tab).to_be_in_viewport(ratio=1)
    server.close()


def test_a_toast_does_not_cover_the_bar(visit, make_server, sample_run):
    server = make_server()
    server.add(sample_run)
    page = visit(server.start(), "/lessons?lesson=shuffled")
    begin(page, "Train a model")
    page.goto(page.url.partition("/train")[0] + "/train?run=sample")
    steps.shows(page, "A sample")
    page.locator(".st-key-notes summary").click()
    page.get_by_label("Note", exact=True).fill("Seen in lesson 3")
    page.get_by_label("Note", exact=True).press("Tab")
    toast, bar = page.get_by_test_id("stToast"), page.locator(".st-key-lesson")
    expect(toast).to_contain_text("Note saved")
    box = toast.bounding_box()
    assert box["x"] + box["width"] <= bar.bounding_box()["x"]
    server.close()


def test_on_a_phone_a_marked_tab_at_the_end_of_its_row_is_scrolled_into_view(visit, make_server):
    server = make_server()
    server.add(REPOSITORY / "saved_models" / "fashion")
    page = visit(server.start(), "/lessons?lesson=clothing", viewport={"width": 390, "height": 844})
    bar = begin(page)
    for title in ("As small as a digit", "Five kinds of tops"):
        expect(bar).to_contain_text(title)
        steps.next_step(page).click()
    bar.get_by_role("button", name="Less than 100%").click()
    tab = steps.main(page).locator(".st-key-view button").filter(has_text="Single image")
    expect(tab).to_have_css("outline-style", "solid")
    expect(tab).to_be_in_viewport(ratio=1)
    server.close()


def test_the_step_about_colour_opens_the_image_and_marks_its_channels(visit, make_server):
    server = make_server()
    server.add(REPOSITORY / "saved_models" / "cifar10")
    page = visit(server.start(), "/lessons?lesson=pixels", viewport={"width": 390, "height": 844})
    bar = begin(page)
    for title in ("From a drawing to numbers", "Small, and in a corner", "Count them yourself"):
        expect(bar).to_contain_text(title)
        steps.next_step(page).click()
    expect(bar).to_contain_text("Colour")
    bar.get_by_role("button", name="3,072").click()
    channels = page.locator(".st-key-channels")
    expect(channels).to_be_in_viewport(ratio=0.9)
    channels.locator("summary").click()
    expect(bar).to_contain_text("three for each pixel")
    expect(channels.locator("figcaption").last).to_be_in_viewport(ratio=1)
    server.close()


def test_a_click_anywhere_on_the_card_of_a_lesson_opens_it(visit, server):
    page = visit(server, "/lessons")
    steps.shows(page, "Lessons")
    steps.settled(page)
    picture = page.locator(".st-key-card-lesson-draw .lesson-picture")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    steps.shows(page, "1. Draw, and see it recognised")


def reaches(page: Page, button) -> bool:
    """Whether a tap on the middle of a button meets it."""
    expect(button).to_be_visible()
    return button.evaluate(
        "button => { const { left, top, width, height } = button.getBoundingClientRect();"
        "return button.contains(document.elementFromPoint(left + width / 2, top + height / 2)) }"
    )


def test_all_answers_fit_on_a_laptops_screen(visit, make_server):
    server = make_server()
    page = visit(server.start(), "/lessons?lesson=shuffled", viewport={"width": 1280, "height": 720})
    begin(page, "Train a model")
    last = page.locator(".st-key-lesson-choice-2 button")
    expect(last).to_be_in_viewport(ratio=1)
    assert reaches(page, last)
    server.close()


def test_beside_a_lesson_nothing_is_cut_off_or_moved_from_its_place(visit, make_server, sample_run):
    """On a laptop: the menu of languages, the names of models, and the sections of Evaluate."""
    server = make_server()
    server.add(sample_run)
    page = visit(server.start(), "/lessons?lesson=shuffled", viewport={"width": 1280, "height": 720})
    steps.shows(page, "3. Shuffle the pixels")
    menu = page.locator(".languages").bounding_box()
    begin(page, "Train a model")
    assert page.locator(".languages").bounding_box() == menu
    assert page.locator(".st-key-model").bounding_box()["width"] > 300
    page.get_by_test_id("stTopNavLink").filter(has_text="Evaluate").click()
    steps.shows(page, "Evaluate")
    tops = {round(button.bounding_box()["y"]) for button in page.locator(".st-key-view button").all()}
    assert len(tops) == 1, "one row, which scrolls"
    server.close()


def test_on_a_phone_the_canvas_that_a_choice_opens_is_scrolled_into_view(visit, make_server, sample_run):
    server = make_server()
    run = server.add(sample_run)
    (run / "config.json").write_text(json.dumps(Config(**lessons.find("convolution").CNN).as_dict()))
    page = visit(server.start(), "/lessons?lesson=convolution", viewport={"width": 390, "height": 844})
    bar = begin(page)
    advance(page, bar, 5)
    expect(bar).to_contain_text("Your own drawing")
    source = page.locator(".st-key-activations-source")
    expect(source).to_be_in_viewport(ratio=0.9)
    source.get_by_text("Drawing").click()
    page.wait_for_function(
        """() => document.querySelector(".st-key-activations-canvas")?.getBoundingClientRect().bottom
            <= document.querySelector(".st-key-lesson").getBoundingClientRect().top"""
    )
    server.close()


def test_in_the_step_about_the_schedule_it_and_start_are_both_in_sight(visit, make_server):
    server = make_server()
    page = visit(server.start(), "/lessons?lesson=learning_rate", viewport={"width": 1280, "height": 720})
    bar = begin(page)
    advance(page, bar, 3)
    expect(bar).to_contain_text("First large, then small")
    bar.get_by_role("button", name="Calm").click()
    for key in ("rates", "start"):
        marked = steps.main(page).locator(f".st-key-{key}").first
        expect(marked).to_have_css("outline-style", "solid")
        expect(marked).to_be_in_viewport(ratio=1)
    server.close()
