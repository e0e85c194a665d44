"""Where a page is scrolled to when it opens, and what the link of the open page does."""

import re

from playwright.sync_api import Page, expect

from tests.browser.support import steps

LOW = {"width": 1280, "height": 420}
"""So low that every page scrolls."""
SCROLLED = "document.querySelector('.stMain').scrollTop"


def scroll_down(page: Page) -> None:
    page.evaluate("document.querySelector('.stMain').scrollTo({ top: 250, behavior: 'instant' })")
    assert page.evaluate(SCROLLED) > 0


def link(page: Page, title: str):
    return page.get_by_test_id("stTopNavLink").filter(has_text=title)


def test_pages_and_lessons_open_at_their_top_and_the_link_of_the_open_page_leads_to_its_start(visit, server):
    page = visit(server, "/", viewport=LOW)
    steps.shows(page, "Train, understand and try")
    scroll_down(page)
    link(page, "Lessons").click()
    steps.shows(page, "Lessons")
    assert page.evaluate(SCROLLED) == 0

    scroll_down(page)
    page.locator(".st-key-lesson-pixels button").click()
    steps.shows(page, "2. Pixels")
    assert page.evaluate(SCROLLED) == 0

    scroll_down(page)
    link(page, "Lessons").click()
    expect(steps.main(page).locator("h1")).to_have_text("Lessons")
    expect(page).to_have_url(re.compile(r"/lessons$"))
    steps.settled(page)
    assert page.evaluate(SCROLLED) == 0

    page.go_back()
    steps.shows(page, "2. Pixels")
