"""What every page keeps to: nothing moves while it loads, nothing is wider than a phone, buttons are readable."""

import re

import pytest
from playwright.sync_api import Page, expect

from benchmarks.support.session import Session
from tests.browser.conftest import shipped_runs
from tests.browser.support import steps

MOST_SHIFT = 0.05
DESKTOP, PHONE, NARROW = ({"width": 1280, "height": 720}, {"width": 390, "height": 844}, {"width": 320, "height": 640})
SMALL = {"width": 400, "height": 900}
PAGES = {
    "/": "Train, understand and try",
    "/data": "Data",
    "/train": "Train a model",
    "/train?run=fashion": "Fashion",
    "/studies": "Studies",
    "/runs": "Runs",
    "/evaluate?run=fashion": "Evaluate",
    "/predict": "Predict",
}
OTHER_LINKS = {
    "/evaluate": "Evaluate",
    "/train?run=sample": "A sample",
    "/evaluate?run=sample": "Evaluate",
    "/predict?run=sample": "Predict",
}
RECORD = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            const moves = one.sources.map(({node, previousRect, currentRect}) =>
                `${(node && (node.className || node.nodeName)) || '?'} ${previousRect.y}→${currentRect.y}`);
            if (!one.hadRecentInput) window.shifts.push([one.value, moves.slice(0, 3).join(' | ')]);
        }
    }).observe({type: 'layout-shift', buffered: true});
}"""


COLOURS_OF_PRIMARY_BUTTONS = """() =>
    [...document.querySelectorAll('[data-testid^=stBaseButton-primary]:not([disabled])')].map(button => {
        const style = getComputedStyle(button.querySelector('p') ?? button);
        return [style.color, getComputedStyle(button).backgroundColor];
    })"""
WIDTHS = """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
    .map((box) => box.scrollWidth)"""


def opened(visit, server, path: str, **options) -> Page:
    page = visit(server, path, init_script=f"({RECORD})()", **options)
    steps.shows(page, PAGES[path])
    page.wait_for_timeout(1500)  # components that are loaded last
    steps.settled(page)
    return page


def contrast(*colours: str) -> float:
    """The contrast ratio of two colours as browsers write them, "rgb(1, 2, 3)", from 1 to 21 (WCAG 2.2)."""
    luminances = []
    for colour in colours:
        channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        luminances.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_narrow_screens_and_nothing_moves_while_it_loads(path, visit, server):
    """In two visits. What the server imports and reads for the page, it has imported and read before."""
    assert shipped_runs(), "the pages are tested with the models that ship"
    with Session(server.port) as tab:
        tab.rerun(path[1:].partition("?")[0], path.partition("?")[2])
    for name, view in (("desktop", DESKTOP), ("phone", PHONE)):
        page = opened(visit, server, path, viewport=view)
        shifts = page.evaluate("window.shifts")
        assert sum(value for value, _ in shifts) < MOST_SHIFT, (name, shifts)
        if view is PHONE:
            buttons_are_readable(page)
            if path == "/train":
                assert steps.button(page, "Start").bounding_box()["y"] < PHONE["height"], "always within reach"
            for other in (SMALL, NARROW):
                page.set_viewport_size(other)
                steps.settled(page)
                # A table follows the size of the window a moment later.
                page.wait_for_function(f"(width) => Math.max(...({WIDTHS})()) <= width", arg=other["width"])
        visit.leave(page)


@pytest.mark.parametrize("path", OTHER_LINKS)
def test_other_links_fit_a_small_screen(path, visit, server):
    page = visit(server, path, viewport=SMALL)
    steps.shows(page, OTHER_LINKS[path])
    assert max(page.evaluate(WIDTHS)) <= SMALL["width"] + 1
    buttons_are_readable(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lines_and_the_text_of_a_chart_are_visible(scheme, visit, server):
    page = visit(server, "/train?run=sample", color_scheme=scheme)
    page.locator(".js-plotly-plot .legend .legendpoints path").first.wait_for()
    background = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}[scheme]
    points = page.locator(".js-plotly-plot .legend .legendpoints path, .js-plotly-plot .scatterlayer .point")
    lines = page.locator(".js-plotly-plot .scatterlayer .js-line")
    names = page.locator(".js-plotly-plot .annotation-text")
    assert points.count() and lines.count() and names.count()
    for parts, least, name in ((points, 3, "fill"), (lines, 3, "stroke"), (names, 4.5, "fill")):
        for colour in set(parts.evaluate_all(f"parts => parts.map(part => getComputedStyle(part).{name})")):
            assert contrast(colour, background) >= least, (name, colour)


def test_on_a_phone_nothing_covers_text_of_evaluate_and_numbers_fit_their_cells(visit, server):
    page = visit(server, "/evaluate?run=fashion&view=Per+class", viewport=NARROW, has_touch=True, is_mobile=True)
    tools = page.get_by_test_id("stElementToolbar").first
    tools.wait_for()
    steps.settled(page)
    text = page.get_by_text("Precision: when the model").bounding_box()
    assert tools.bounding_box()["y"] >= text["y"] + text["height"], "the buttons of the table are below the text"
    visit.leave(page)
    page = visit(server, "/evaluate?run=digits", viewport=NARROW, has_touch=True, is_mobile=True)
    page.locator(".matrix .field b", has_text="1108").wait_for()
    wide = page.locator(".matrix .field b").evaluate_all(
        "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth)"
    )
    assert not wide, "a number in four digits fits its cell"


def buttons_are_readable(page: Page) -> None:
    for colours, background in {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}.items():
        page.emulate_media(color_scheme=colours)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
        for text, behind in page.evaluate(COLOURS_OF_PRIMARY_BUTTONS):
            assert contrast(text, behind) >= 4.5, "WCAG AA"
