"""No page violates a rule of WCAG 2.2 AA that axe-core can check, in light or dark mode.

Class, You, the plain pages of a room, and the page that is taken home are checked where their own tests open them.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import shipped_runs
from tests.browser.support import accessibility, steps

PAGES = {
    "/": "Train, understand and try",
    "/lessons": "Lessons",
    "/data?new=aaaaaaaaaaaaaaaa": "Import",
    "/train": "Train a model",
    "/train?run=fashion": "Fashion",
    "/runs?selected=fashion&selected=digits": "Runs",
    "/studies": "Studies",
}
SECTIONS = {
    "/data?data=MNIST+sample&explore=Mean+images": "explore",
    "/evaluate?run=sample": "view",
    "/predict?run=digits": "mode",
}
"""Pages with sections -> the key of the control that chooses one."""


def opened(visit, server, path: str) -> Page:
    page = visit(server, path, viewport={"width": 1280, "height": 720})
    steps.main(page).locator("h1").first.wait_for()
    loaded(page)
    return page


def loaded(page: Page) -> None:
    steps.settled(page)
    page.wait_for_timeout(500)  # components that are loaded last
    steps.settled(page)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_violations(path, visit, server):
    assert shipped_runs(), "the pages are tested with the models that ship"
    page = opened(visit, server, path)
    assert PAGES[path] in steps.main(page).locator("h1").first.inner_text()
    accessibility.check(page)


def test_chips_and_buttons_beside_the_app_are_readable(visit, server):
    """A popover and a dialog are no children of the app, whose theme they must follow."""
    page = opened(visit, server, "/runs?selected=fashion")
    steps.button(page, "View").click()
    expect(page.locator("[data-tag-index]").first).to_be_visible()
    accessibility.check(page)
    page.keyboard.press("Escape")
    steps.button(page, "Rename").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    accessibility.check(page)
    page.keyboard.press("Escape")
    steps.button(page, "Notifications").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("switch", name=re.compile("notifications"))).to_be_visible()
    accessibility.check(page)


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("path", SECTIONS)
def test_no_section_of_a_page_has_violations(path, half, visit, server):
    page = opened(visit, server, path)
    options = steps.main(page).locator(f".st-key-{SECTIONS[path]} [role=radio]")
    count = options.count()
    assert count >= 5
    for number in range(half, count, 2):
        options.nth(number).click()
        expect(options.nth(number)).to_be_checked()
        loaded(page)
        accessibility.check(page)


def test_with_reduced_motion_a_theme_changes_all_texts_at_once(visit, server):
    page = visit(server, "/runs", reduced_motion="reduce")
    steps.shows(page, "Runs")
    color = page.evaluate(
        """() => {
          document.querySelector(".stApp").style.color = "rgb(1, 2, 3)";
          return getComputedStyle(document.querySelector(".stApp h1")).color;
        }"""
    )
    assert color == "rgb(1, 2, 3)"
