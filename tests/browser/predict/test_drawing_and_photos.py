"""The Predict page: digits drawn with mouse, pen and finger, photos, and files that are not images."""

import io
import itertools

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.conftest import shipped_runs
from tests.browser.support import steps

STROKES = {
    "0": [[(50, 18), (36, 22), (28, 38), (26, 55), (31, 72), (42, 82), (55, 82), (67, 72), (72, 55), (69, 36)]],
    "1": [[(50, 15), (50, 35), (50, 60), (50, 85)]],
    "7": [[(28, 22), (50, 22), (72, 22), (63, 42), (54, 62), (46, 84)]],
    "foot": [[(36, 85), (50, 85), (64, 85)]],
}
"""Digits on a 100×100 field, as people draw them."""
STROKES["0"][0].extend([(60, 22), (50, 18)])


@pytest.fixture
def reader(server) -> str:
    """The best digit model: the shipped one, if it exists."""
    return "digits" if "digits" in [run.name for run in shipped_runs()] else "sample"


def on_screen(page: Page, digit: str) -> list[list[tuple[float, float]]]:
    """The strokes of a digit in screen pixels of the canvas."""
    canvas = page.locator(".sheet canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    scale = box["width"] / 100
    return [[(box["x"] + scale * x, box["y"] + scale * y) for x, y in line] for line in STROKES[digit]]


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


def draw_with_pen(page: Page, digit: str, harder: float = 0.05, hardest: float = 0.7) -> None:
    """Draws with a pen whose pressure increases by `harder` from one part of a stroke to the next."""
    session = page.context.new_cdp_session(page)

    def pen(kind: str, place: tuple[float, float], force: float) -> None:
        pressed = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
        event = {"type": kind, "x": place[0], "y": place[1], "pointerType": "pen", "force": force}
        session.send("Input.dispatchMouseEvent", event | pressed)

    for line in on_screen(page, digit):
        pen("mousePressed", line[0], 0.3)
        for number, ((x, y), (next_x, next_y)) in enumerate(itertools.pairwise(line)):
            for step in range(1, 5):
                place = (x + (next_x - x) * step / 4, y + (next_y - y) * step / 4)
                pen("mouseMoved", place, min(hardest, 0.3 + harder * number))
        pen("mouseReleased", line[-1], 0)


def predict(visit, server, run_id: str, **options) -> Page:
    page = visit(server, f"/predict?run={run_id}", **options)
    steps.shows(page, "Predict")
    expect(page.get_by_role("radio", name="Draw", exact=True)).to_have_count(1)
    expect(page.locator(".sheet canvas")).to_be_visible()
    return page


WIDTHS = """(field) => [0.25, 0.75].map((share) => {
  const row = field.getContext("2d").getImageData(0, Math.round(share * field.height), field.width, 1).data;
  return row.filter((value, place) => place % 4 === 0 && value > 128).length;
})"""
"""The ink width a quarter and three quarters down the canvas, in canvas pixels."""
PHONE = {"has_touch": True, "is_mobile": True, "viewport": {"width": 320, "height": 700}}
TABLET = {"has_touch": True, "viewport": {"width": 800, "height": 1000}}


def test_more_pen_pressure_draws_wider_and_the_slider_sets_the_width(visit, server, reader):
    page = predict(visit, server, reader, **TABLET)
    field = page.locator(".sheet canvas")
    draw_with_pen(page, "1", harder=0.35, hardest=1)
    above, below = field.evaluate(WIDTHS)
    assert below > 1.5 * above > 0
    steps.button(page, "Clear").click()
    draw_with_mouse(page, "1")
    usual, same = field.evaluate(WIDTHS)
    assert usual == pytest.approx(same, abs=2), "a mouse has no pressure"
    steps.button(page, "Clear").click()
    page.get_by_role("slider", name="Pen width").fill("36")
    draw_with_mouse(page, "1")
    assert field.evaluate(WIDTHS)[0] == pytest.approx(2 * usual, rel=0.15)
    expect(page.locator(".prediction")).to_have_text("1")


@pytest.mark.parametrize(
    ("draw", "options"),
    [(draw_with_mouse, {}), (draw_with_finger, PHONE), (draw_with_pen, TABLET)],
    ids=["mouse", "finger-320px", "pen-800px"],
)
def test_drawn_digits_are_recognised_and_clear_empties_the_canvas(draw, options, visit, server, reader):
    page = predict(visit, server, reader, **options)
    for digit in ("0", "1", "7"):
        draw(page, digit)
        expect(page.locator(".prediction")).to_have_text(digit)
        expect(page.get_by_alt_text("The model's input")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"
        button = steps.button(page, "Clear")
        (button.tap if options else button.click)()
        expect(page.locator(".prediction")).to_have_count(0)
        expect(page.locator(".answer")).to_contain_text("The prediction appears here")
        expect(button).to_be_disabled()


def test_the_prediction_updates_while_the_pen_is_down_and_the_bars_are_kept(visit, server, reader):
    page = predict(visit, server, reader)
    (line,) = on_screen(page, "7")
    page.mouse.move(*line[0])
    page.mouse.down()
    for point in line[:4]:
        page.mouse.move(*point, steps=6)
    expect(page.locator(".prediction")).to_be_visible()  # and the pen was never lifted
    bar = page.locator(".bars u").nth(7)
    bar.evaluate("bar => { bar.dataset.same = 'yes'; }")
    expect(page.locator(".why")).to_contain_text("Lift the pen")
    for point in line[4:]:
        page.mouse.move(*point, steps=6)
    expect(page.locator(".prediction")).to_have_text("7")
    page.mouse.up()
    expect(page.locator(".why")).to_contain_text("this part")
    assert bar.evaluate("bar => bar.dataset.same") == "yes"


def test_on_a_laptop_the_canvas_has_480_pixels_and_the_key_of_its_colours_lies_on_it(visit, server, reader):
    page = predict(visit, server, reader)
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.locator(".sheet canvas")).to_have_css("width", "480px")
    draw_with_mouse(page, "7")
    key = page.locator(".st-key-marks-note p")
    expect(key).to_contain_text("explained below")
    canvas, note = page.locator(".sheet canvas").bounding_box(), key.bounding_box()
    assert canvas["y"] < note["y"] and note["y"] + note["height"] < canvas["y"] + canvas["height"] < 720


def test_a_drawing_survives_a_change_of_page_and_of_model(visit, server, reader):
    page = predict(visit, server, reader)
    draw_with_mouse(page, "7")
    expect(page.locator(".prediction")).to_have_text("7")
    steps.settled(page)
    page.get_by_role("link", name="Runs").click()
    steps.shows(page, "Runs")
    page.get_by_role("link", name="Predict").click()
    steps.shows(page, "Predict")
    expect(page.locator(".prediction")).to_have_text("7")
    white = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        .reduce((sum, value, place) => sum + (place % 4 === 0 && value > 127), 0)"""
    assert page.locator(".sheet canvas").evaluate(white) > 1000, "it is on the canvas again"
    page.get_by_role("combobox", name="Trained model").click()
    page.get_by_role("option", name="A sample").click()
    expect(page.locator(".prediction")).to_be_visible()
    steps.settled(page)
    assert page.locator(".sheet canvas").evaluate(white) > 1000


def test_a_drawing_can_be_undone_stroke_by_stroke_and_drawn_by_keyboard(visit, server, reader):
    page = predict(visit, server, reader)
    draw_with_mouse(page, "1")
    draw_with_mouse(page, "foot")
    expect(page.locator(".why li")).to_have_count(2)
    steps.button(page, "Undo").click()
    expect(page.locator(".why li")).not_to_have_count(2)
    expect(page.locator(".prediction")).to_have_text("1")
    page.get_by_role("application", name="Canvas: draw with mouse, finger or pen.").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".prediction")).to_have_count(0)
    for key in ("ArrowUp",) * 9 + (" ",) + ("ArrowDown",) * 18 + (" ",):
        page.keyboard.press(key)
    expect(page.locator(".prediction")).to_have_text("1")


def test_two_digits_and_a_scribble_are_reported_as_such(visit, server, reader):
    page = predict(visit, server, reader)
    box = page.locator(".sheet canvas").bounding_box()
    steps_of = box["width"] / 100

    def stroke(points):
        for number, (x, y) in enumerate(points):
            page.mouse.move(box["x"] + steps_of * x, box["y"] + steps_of * y, steps=3)
            if not number:
                page.mouse.down()
        page.mouse.up()

    stroke([(20, 20), (20, 50), (20, 80)])
    expect(page.locator(".prediction")).to_have_text("1")
    stroke([(50, 22), (70, 22), (85, 22), (76, 40), (68, 60), (60, 82)])
    expect(page.locator(".rejection")).to_have_text("Two digits: 1 and 7")
    steps.button(page, "Clear").click()
    expect(page.locator(".todo")).to_contain_text("The prediction appears here")
    stroke([(10 + 4 * i, 15 if i % 2 else 85) for i in range(20)])
    expect(page.locator(".rejection")).to_have_text("Unlike anything in the training data")
    expect(page.locator(".confidence")).to_contain_text("scribble")
    expect(page.locator(".prediction")).to_have_count(0)


def test_a_click_draws_a_dot_that_is_not_a_digit(visit, server, reader):
    page = predict(visit, server, reader)
    canvas = page.locator(".sheet canvas")
    canvas.click(position={"x": 100, "y": 100})
    expect(page.locator(".confidence")).to_contain_text("only a dot")
    white = """canvas => {
        const at = 100 * canvas.width / canvas.clientWidth;
        return canvas.getContext('2d').getImageData(at, at, 1, 1).data[0];
    }"""
    assert canvas.evaluate(white) == 255


def test_normalise_centres_and_enlarges_a_small_digit_in_a_corner(visit, server, reader):
    page = predict(visit, server, reader)
    box = page.locator(".sheet canvas").bounding_box()
    scale = box["width"] / 530  # a fifth of the canvas
    for number, (x, y) in enumerate(STROKES["7"][0]):
        page.mouse.move(box["x"] + 5 + scale * x, box["y"] + 5 + scale * y, steps=3)
        if not number:
            page.mouse.down()
    page.mouse.up()
    expect(page.locator(".prediction")).to_have_text("7")
    chip = steps.main(page).get_by_role("button", name="Input check")
    chip.click()
    expect(page.locator(".input-check")).to_contain_text("It is small. Normalised.")
    expect(page.locator(".before-after figure")).to_have_count(2)
    page.keyboard.press("Escape")
    steps.button(page, "Redraw like the training images").click()
    expect(steps.button(page, "Redraw like the training images")).to_have_count(0)
    expect(page.locator(".prediction")).to_have_text("7")
    steps.button(page, "Restore my drawing").click()
    expect(steps.button(page, "Redraw like the training images")).to_be_visible()
    expect(steps.button(page, "Restore my drawing")).to_have_count(0)
    steps.button(page, "Undo").click()
    expect(page.locator(".prediction")).to_have_count(0)


def test_several_models_predict_side_by_side(visit, server, reader):
    page = predict(visit, server, reader)
    page.get_by_role("combobox", name="Compare models").click()
    page.get_by_role("option", name="A sample").click()
    page.keyboard.press("Escape")
    expect(page.locator(".models > div")).to_have_count(2)
    draw_with_mouse(page, "1")
    expect(page.locator(".agree")).to_contain_text("models")
    expect(page.locator(".models b").first).to_have_text("1")


def photo_of_a_seven(kind: str) -> bytes:
    """Dark ink on light paper with a shadow, like a phone photo."""
    shadow = Image.linear_gradient("L").resize((640, 480)).point(lambda value: 190 + value // 5)
    image = Image.merge("RGB", [shadow] * 3)
    strokes = [(200 + 2.6 * x, 90 + 2.6 * y) for x, y in STROKES["7"][0]]
    ImageDraw.Draw(image).line(strokes, fill=(30, 34, 60), width=22, joint="curve")
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def upload(page: Page, name: str, kind: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_of_dark_ink_on_light_paper_is_inverted_and_recognised(kind, visit, server, reader):
    page = predict(visit, server, reader)
    page.get_by_role("radio", name="Upload").click()
    upload(page, f"seven.{kind.lower()}", f"image/{kind.lower()}", photo_of_a_seven(kind))
    expect(page.locator(".prediction")).to_have_text("7")
    expect(steps.main(page)).to_contain_text("inverted")
    expect(page.get_by_alt_text("The uploaded image")).to_be_visible()


def test_a_text_file_named_as_an_image_shows_one_error(visit, server, reader):
    page = predict(visit, server, reader)
    page.get_by_role("radio", name="Upload").click()
    upload(page, "seven.png", "image/png", b"This is a text and no picture.\n" * 20)
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("seven.png")
    expect(page.locator(".prediction")).to_have_count(0)
    upload(page, "seven.png", "image/png", photo_of_a_seven("PNG"))
    expect(page.locator(".prediction")).to_have_text("7")
    expect(alert).to_have_count(0)
    page.get_by_role("link", name="Runs").click()
    steps.shows(page, "Runs")
