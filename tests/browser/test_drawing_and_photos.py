"""The Predict page: digits drawn with mouse and finger, photos, and files that are none."""

import io
import itertools

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from browser import steps
from browser.conftest import shipped_runs

STROKES = {
    "0": [[(50, 18), (36, 22), (28, 38), (26, 55), (31, 72), (42, 82), (55, 82), (67, 72), (72, 55), (69, 36)]],
    "1": [[(50, 15), (50, 35), (50, 60), (50, 85)]],
    "7": [[(28, 22), (50, 22), (72, 22), (63, 42), (54, 62), (46, 84)]],
}
"""Digits on a field of 100 by 100, as a person would draw them."""
STROKES["0"][0].extend([(60, 22), (50, 18)])


@pytest.fixture
def reader(server) -> str:
    """The run that reads digits best: the one that ships, if it is there."""
    return "digits" if "digits" in [run.name for run in shipped_runs()] else "sample"


def on_screen(page: Page, digit: str) -> list[list[tuple[float, float]]]:
    """The strokes of a digit in pixels of the canvas as it lies on the screen."""
    field = page.locator(".st-key-canvas")
    field.scroll_into_view_if_needed()
    canvas = max((found.bounding_box() for found in field.locator("canvas").all()), key=lambda box: box["width"])
    scale = canvas["width"] / 100
    return [[(canvas["x"] + scale * x, canvas["y"] + scale * y) for x, y in line] for line in STROKES[digit]]


def draw_with_mouse(page: Page, digit: str) -> None:
    for line in on_screen(page, digit):
        page.mouse.move(*line[0])
        page.mouse.down()
        for point in line:
            page.mouse.move(*point, steps=4)
        page.mouse.up()


def draw_with_finger(page: Page, digit: str) -> None:
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y, "id": 1} for x, y in points]}
        )

    for line in on_screen(page, digit):
        touch("touchStart", line[0])
        for (x, y), (next_x, next_y) in itertools.pairwise(line):
            for step in range(1, 5):
                touch("touchMove", (x + (next_x - x) * step / 4, y + (next_y - y) * step / 4))
        touch("touchEnd")


def predict(visit, server, run_id: str, **options) -> Page:
    page = visit(server, f"/predict?run={run_id}", **options)
    steps.shows(page, "Predict")
    expect(page.locator(".st-key-canvas canvas").last).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("draw", "options"),
    [
        (draw_with_mouse, {}),
        (draw_with_finger, {"has_touch": True, "is_mobile": True, "viewport": {"width": 400, "height": 900}}),
    ],
    ids=["mouse", "finger"],
)
def test_drawn_digits_are_read_and_clear_empties_the_canvas(draw, options, visit, server, reader):
    page = predict(visit, server, reader, **options)
    for digit in STROKES:
        draw(page, digit)
        expect(page.locator(".answer")).to_have_text(digit)
        expect(page.get_by_alt_text("The picture as the model gets it")).to_be_visible()
        button = steps.button(page, "Clear")
        (button.tap if options else button.click)()
        expect(page.locator(".answer")).to_have_count(0)
        expect(steps.main(page)).to_contain_text("Draw a digit")
        steps.settled(page)
        expect(page.locator(".st-key-canvas canvas").last).to_be_visible()


def photo_of_a_seven(kind: str) -> bytes:
    """Dark ink on light paper with a shadow, as a telephone sees it."""
    shadow = Image.linear_gradient("L").resize((640, 480)).point(lambda value: 190 + value // 5)
    picture = Image.merge("RGB", [shadow] * 3)
    strokes = [(200 + 2.6 * x, 90 + 2.6 * y) for x, y in STROKES["7"][0]]
    ImageDraw.Draw(picture).line(strokes, fill=(30, 34, 60), width=22, joint="curve")
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def upload(page: Page, name: str, kind: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_of_dark_ink_on_light_paper_is_inverted_and_read(kind, visit, server, reader):
    page = predict(visit, server, reader)
    page.get_by_role("radio", name="Upload").click()
    upload(page, f"seven.{kind.lower()}", f"image/{kind.lower()}", photo_of_a_seven(kind))
    expect(page.locator(".answer")).to_have_text("7")
    expect(steps.main(page)).to_contain_text("inverted")
    expect(page.get_by_alt_text("The uploaded picture")).to_be_visible()


def test_a_text_file_that_calls_itself_a_picture_ends_in_one_sentence(visit, server, reader):
    page = predict(visit, server, reader)
    page.get_by_role("radio", name="Upload").click()
    upload(page, "seven.png", "image/png", b"This is a text and no picture.\n" * 20)
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("seven.png")
    expect(page.locator(".answer")).to_have_count(0)
    upload(page, "seven.png", "image/png", photo_of_a_seven("PNG"))
    expect(page.locator(".answer")).to_have_text("7")
    expect(alert).to_have_count(0)
    page.get_by_role("link", name="Runs").click()
    steps.shows(page, "Runs")
