"""The fallback canvas of the Predict page: prediction, feedback, and the drawing after a visit to another page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import steps

SEVEN = [(28, 22), (50, 22), (72, 22), (63, 42), (54, 62), (46, 84)]
"""On a field of 100×100."""


def drawn(visit, server, **options) -> Page:
    """The page with a 7 on its fallback canvas."""
    page = visit(server, "/predict?run=digits&other-canvas=true", **options)
    steps.shows(page, "Predict")
    canvas = page.locator("canvas.upper-canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    for number, (x, y) in enumerate(SEVEN):
        page.mouse.move(box["x"] + 2.8 * x, box["y"] + 2.8 * y, steps=4)
        if not number:
            page.mouse.down()
    page.mouse.up()
    expect(page.locator(".prediction")).to_have_text("7")
    return page


def ink(page: Page) -> int:
    """How many pixels of the canvas are white."""
    return page.locator("canvas.dc-canvas.lower-canvas").evaluate(
        """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
            .filter((value, place) => place % 4 === 0 && value > 200).length"""
    )


@pytest.mark.parametrize("sharpness", [1, 2])
def test_it_predicts_when_the_pen_is_lifted(sharpness, visit, server):
    page = drawn(visit, server, device_scale_factor=sharpness)
    steps.button(page, "Clear").click()
    expect(page.locator(".todo")).to_contain_text("Draw a digit")


def test_the_drawing_is_still_there_after_another_page_and_can_be_corrected(visit, server):
    page = drawn(visit, server)
    before = ink(page)
    page.get_by_role("link", name="Runs", exact=True).click()
    steps.shows(page, "Runs")
    page.get_by_role("link", name="Predict", exact=True).click()
    steps.shows(page, "Predict")
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    expect(page.locator(".prediction")).to_have_text("7")
    assert ink(page) == before > 100
    steps.button(page, "Correct the label or save the drawing").click()
    page.get_by_test_id("stPopoverBody").get_by_text("1", exact=True).click()
    expect(page.get_by_text("Saved as “1”")).to_be_visible()
    steps.button(page, "Undo save").click()
    expect(page.get_by_text("Saved as “1”")).to_have_count(0)
