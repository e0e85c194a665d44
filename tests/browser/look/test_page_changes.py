"""Where a page is scrolled to when it opens, and what the link of the open page does."""

import re

from playwright.sync_api import Page, expect

from imgcls.datasets.recipes import presets
from tests.browser.support import steps

LOW = {"width": 1280, "height": 420}
"""So low that every page scrolls."""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
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


def test_train_from_the_page_of_a_run_opens_the_form_with_the_preset_that_start_trains(visit, server, sample_run):
    page = visit(server, f"/train?run={sample_run.name}")
    expect(steps.main(page).locator(".st-key-details, .st-key-finish").first).to_be_visible(timeout=steps.SLOW)
    expect(link(page, "Runs")).to_have_attribute("aria-current", "page")
    expect(page.locator("[data-testid=stTopNavLink][aria-current]")).to_have_count(1)
    link(page, "Train").click()
    steps.shows(page, "Train a model")
    expect(link(page, "Train")).to_have_attribute("aria-current", "page")
    expect(page.locator("[data-testid=stTopNavLink][aria-current]")).to_have_count(1)
    is_chosen = expect(page.locator(".st-key-preset-quick button").first)
    is_chosen.to_have_attribute("kind", "primary")
    quick = str(presets.presets("cnn", "mnist_sample")[0].settings["epochs"])
    expect(page.locator(".st-key-epochs input")).to_have_value(quick)
    expect(page).to_have_url(re.compile(rf"epochs={quick}\b"))

    page.go_back()
    expect(page).to_have_url(re.compile(r"run="))
    expect(link(page, "Runs")).to_have_attribute("aria-current", "page")
    page.go_forward()
    steps.shows(page, "Train a model")
    is_chosen.to_have_attribute("kind", "primary")
    expect(page.locator(".st-key-epochs input")).to_have_value(quick)


def test_the_menu_of_a_phone_closes_with_a_choice_and_a_tap_beside_it_presses_nothing(visit, server):
    page = visit(server, "/runs", **PHONE)
    steps.shows(page, "Runs")
    menu, opens = page.get_by_test_id("stSidebar"), page.get_by_test_id("stExpandSidebarButton")
    opens.tap()
    menu.get_by_test_id("stSidebarNavLink").filter(has_text="Train").tap()
    steps.shows(page, "Train a model")
    expect(menu).to_have_attribute("data-collapsed", "true")

    opens.tap()
    menu.get_by_test_id("stSidebarNavLink").filter(has_text="Runs").tap()
    steps.shows(page, "Runs")
    expect(menu).to_have_attribute("data-collapsed", "true")
    address = page.url
    opens.tap()
    expect(menu).to_have_attribute("data-collapsed", "false")
    page.wait_for_function("document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().left >= 0")
    card = page.locator("[class*=st-key-card-run-]").first.bounding_box()
    page.touchscreen.tap(355, card["y"] + card["height"] / 2)
    expect(menu).to_have_attribute("data-collapsed", "true")
    steps.settled(page)
    assert page.url == address

    opens.tap()
    expect(menu).to_have_attribute("data-collapsed", "false")
    page.reload()
    steps.shows(page, "Runs")
    expect(menu).to_have_attribute("data-collapsed", "true")
