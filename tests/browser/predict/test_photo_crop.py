"""Upload on the Predict page: cropping a photo by hand and painting over a region."""

import io

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.conftest import shipped_runs
from tests.browser.predict.test_drawing_and_photos import STROKES, upload
from tests.browser.support import steps

WIDTH, HEIGHT = 840, 420

pytestmark = pytest.mark.skipif(
    "digits" not in [run.name for run in shipped_runs()], reason="needs the digit model that ships"
)


@pytest.fixture
def photo(visit, server) -> Page:
    """A page with an uploaded photo of a seven (left) and a zero (right)."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    for digit, left in (("7", 0), ("0", WIDTH // 2)):
        line = [(left + 0.8 * HEIGHT / 100 * x + 42, 0.8 * HEIGHT / 100 * y + 42) for x, y in STROKES[digit][0]]
        ImageDraw.Draw(image).line(line, fill="black", width=26, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    page = visit(server, "/predict?run=digits&mode=Upload", viewport={"width": 1280, "height": 1300})
    steps.shows(page, "Predict")
    upload(page, "two.png", "image/png", file.getvalue())
    expect(page.get_by_alt_text("The uploaded image two.png")).to_be_visible()
    return page


def switch(page: Page, label: str) -> None:
    steps.main(page).get_by_text(label, exact=True).click()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=12)
    page.mouse.up()


def test_the_crop_square_can_be_dragged(photo):
    switch(photo, "Crop")
    square = photo.get_by_role("group", name="The part that is classified")
    for digit, pixels in (("7", -400), ("0", 800)):
        box = square.bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        drag(photo, middle, (middle[0] + pixels, middle[1]))
        expect(photo.locator(".prediction")).to_have_text(digit)
        expect(steps.main(photo)).to_contain_text("Cropped to the square you chose.")


def test_the_crop_square_can_be_moved_with_the_keyboard(photo):
    switch(photo, "Crop")
    square = photo.get_by_role("group", name="The part that is classified")
    square.focus()
    for _ in range(4):
        photo.keyboard.press("Shift+ArrowLeft")
    expect(photo.locator(".prediction")).to_have_text("7")


def painted_on(photo) -> dict:
    """Enables painting and returns the visible box of the image."""
    switch(photo, "Cover regions")
    canvas = photo.locator("canvas.upper-canvas")
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    return canvas.bounding_box()


def test_a_painted_region_is_hidden_until_it_is_uncovered(photo):
    box = painted_on(photo)
    for fraction in range(8, 100, 10):
        down = box["y"] + box["height"] * fraction / 100
        drag(photo, (box["x"] + 0.56 * box["width"], down), (box["x"] + 0.98 * box["width"], down))
    expect(photo.locator(".prediction")).to_have_text("7")
    expect(steps.main(photo)).to_contain_text("The regions that you painted over are hidden.")
    steps.button(photo, "Uncover").click()
    expect(steps.main(photo)).to_contain_text("Paint over a region")
    expect(photo.locator(".prediction")).to_have_text("0")


def test_a_painted_region_does_not_hide_another_crop(photo):
    """On a narrow phone the entire image can be reached."""
    photo.set_viewport_size({"width": 320, "height": 1300})
    switch(photo, "Crop")
    square = photo.get_by_role("group", name="The part that is classified")
    square.focus()
    for _ in range(4):
        photo.keyboard.press("Shift+ArrowLeft")
    expect(photo.locator(".prediction")).to_have_text("7")
    box = painted_on(photo)
    assert box["x"] + box["width"] <= 320
    right = box["x"] + 0.9 * box["width"]
    drag(photo, (right, box["y"] + 0.3 * box["height"]), (right, box["y"] + 0.7 * box["height"]))
    expect(steps.main(photo)).to_contain_text("The regions that you painted over are hidden.")
    square.focus()
    for _ in range(8):
        photo.keyboard.press("Shift+ArrowRight")
    expect(photo.locator(".prediction")).to_have_text("0")
    expect(steps.main(photo)).not_to_contain_text("The regions that you painted over are hidden.")
