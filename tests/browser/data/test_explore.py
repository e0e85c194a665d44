"""Dataset analysis in a browser: a lasso shows its images, and the preview follows the controls."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import steps
from tests.browser.support.server import wait_until

MAP = "[...document.querySelectorAll('.js-plotly-plot')].find(plot => plot._fullLayout?.dragmode === 'lasso')"
SELECTED = f"""() => ({MAP}).data.flatMap(
    trace => (trace.selectedpoints || []).map(place => trace.customdata[place][0])).sort((a, b) => a - b)"""
CENTRE = f"""() => {{
    const box = ({MAP}).getBoundingClientRect(), {{xaxis, yaxis}} = ({MAP})._fullLayout;
    return [box.x + xaxis._offset + xaxis._length / 2, box.y + yaxis._offset + yaxis._length / 2];
}}"""


@pytest.fixture
def unchanged(cache: Path):
    """The shared dataset has no edits after the test."""
    yield
    for path in cache.glob("datasets/*.edits-*"):
        path.unlink()


def lasso(page: Page) -> None:
    """Draws a lasso around the middle of the map."""
    page.wait_for_function(f"() => {MAP}")
    page.locator(".js-plotly-plot").last.scroll_into_view_if_needed()
    x, y = page.evaluate(CENTRE)
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    for right, down in ((60, -60), (60, 60), (-60, 60), (-60, -60)):
        page.mouse.move(x + right, y + down, steps=6)
    page.mouse.up()


def shown_rows(page: Page) -> list[int]:
    """The numbers of the training images below the map."""
    images = page.locator(".tiles").last.locator("img").all()
    return [int(re.match(r"#(\d+)", image.get_attribute("alt"))[1]) for image in images]


def test_a_lasso_shows_the_selected_images_and_they_can_be_excluded(visit, server, unchanged):
    page = visit(server, "/data?data=MNIST+sample&explore=Map", viewport={"width": 1280, "height": 1800})
    steps.shows(page, "Data")
    lasso(page)
    count = steps.main(page).get_by_text(re.compile(r"^[\d,]+ images? selected$"))
    expect(count).to_be_visible()
    steps.settled(page)
    rows = page.evaluate(SELECTED)
    assert len(rows) > 10
    expect(count).to_have_text(f"{len(rows)} images selected")
    assert shown_rows(page) == rows[:24]

    page.locator(".tiles").last.get_by_role("button", name=re.compile(f"^#{rows[0]}:")).click()
    steps.button(page, "Exclude 1").click()
    expect(page.locator(".tiles").last).to_contain_text("excluded")
    assert shown_rows(page) == rows[:24], "the selection stays"
    page.get_by_text("Edits", exact=True).click()
    expect(steps.main(page)).to_contain_text("1 image excluded")
    steps.button(page, "Undo last edit").click()
    expect(steps.main(page)).to_contain_text("No edits yet")


def test_images_are_selected_by_click_range_frame_and_keyboard(visit, server):
    page = visit(server, "/data?data=MNIST+sample&explore=Edits", viewport={"width": 1280, "height": 1600})
    steps.shows(page, "Data")
    images = page.locator("[data-select^=sample] button")
    expect(images).to_have_count(36)

    def selected() -> list[int]:
        steps.settled(page)
        pressed = [one.get_attribute("aria-pressed") for one in images.all()]
        return [place for place, value in enumerate(pressed) if value == "true"]

    images.nth(1).click()
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.locator(".enlarged img")).to_be_in_viewport(ratio=1)  # also on a low screen
    page.set_viewport_size({"width": 1280, "height": 1600})
    images.nth(4).click(modifiers=["Shift"])
    expect(steps.button(page, "Exclude 4")).to_be_enabled()
    assert selected() == [1, 2, 3, 4]
    images.nth(2).click()
    expect(steps.button(page, "Exclude 3")).to_be_enabled()
    first, last = images.nth(6).bounding_box(), images.nth(8).bounding_box()
    page.mouse.move(first["x"] + 9, first["y"] + 9)
    page.mouse.down()
    page.mouse.move(last["x"] + 30, last["y"] + 50, steps=5)
    expect(page.locator(".select-frame")).to_be_visible()
    page.mouse.up()
    expect(steps.button(page, "Exclude 6")).to_be_enabled()
    assert selected() == [1, 3, 4, 6, 7, 8]
    images.nth(8).focus()
    page.keyboard.press("Escape")
    expect(steps.button(page, "Select all")).to_have_count(0)
    steps.settled(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(steps.button(page, "Exclude 2")).to_be_enabled()
    assert selected() == [9, 10]
    steps.button(page, "Select all").click()
    expect(steps.button(page, "Exclude 36")).to_be_enabled()
    assert selected() == list(range(36))
    page.get_by_role("radio", name="Edits", exact=True).click()
    assert selected() == list(range(36))
    expect(steps.main(page)).to_contain_text("No edits yet")  # a click on the open section does not close it


def test_the_preview_follows_the_controls_and_steps_through_images(visit, server):
    page = visit(server, "/train?shift=2&noise=20")
    steps.shows(page, "Train a model")
    steps.main(page).get_by_text("Settings", exact=True).click()
    steps.main(page).get_by_text("Augmentation", exact=True).click()
    tiles = page.locator(".tiles img")
    expect(tiles).to_have_count(10)

    def images() -> list[str]:
        steps.settled(page)
        return [tile.get_attribute("src") for tile in tiles.all()]

    before = images()
    assert len(set(before)) == 10
    expect(tiles.nth(1)).to_have_attribute("alt", re.compile("shift 2 px, noise 20 levels"))
    page.get_by_role("button", name="Use recommended augmentation").click()
    expect(tiles.nth(1)).to_have_attribute("alt", re.compile("rotation 10°, shift 2 px, zoom 10%, noise 20 levels"))
    turned = images()
    assert turned[0] == before[0] and turned[1] != before[1]
    page.wait_for_url(re.compile("rotation=10"))
    page.get_by_role("button", name=re.compile("^(Page )?2$|Go to page 2")).first.click()
    wait_until(lambda: images()[0] != before[0], what="another image")
