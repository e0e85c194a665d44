"""A class draws on phones: the model runs in the browser, the wall shows what is sent, and nothing of it is markup."""

import json
import re

from PIL import Image
from playwright.sync_api import expect

from tests.browser.support import accessibility, steps
from tests.browser.support.classes import open_class, owner, tab
from tests.browser.support.server import wait_until
from tests.support.drawing_together import SEVEN

PHONE = {"viewport": {"width": 390, "height": 844}}
MARKUP = "<b>Ada</b>"


def draw_one(page) -> None:
    """A one, with the mouse."""
    pad = page.locator("#pad canvas")
    expect(pad).to_be_visible()
    box = pad.bounding_box()
    x, top, bottom = box["x"] + box["width"] / 2, box["y"] + 0.15 * box["height"], box["y"] + 0.85 * box["height"]
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, bottom, steps=8)
    page.mouse.up()


def screen(visit, teacher, school):
    """The projector's page, in the browser of the teacher."""
    address = steps.main(teacher).get_by_role("link", name="Open the screen").get_attribute("href")
    page = teacher.context.new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(school.url + address)
    return page


UNREACHABLE = """() => {
  const warning = document.createElement("p");
  warning.id = "unreachable";
  warning.innerHTML = "Only this computer can reach the server: <code>imgcls app</code>";
  document.querySelector("#invite").append(warning);
}"""
HAS_PAINT = (
    "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
    ".some((value, at) => at % 4 === 0 && value > 0)"
)


def twenty_four(route) -> None:
    """As many drawings as a wall shows, in place of the newest one."""
    found = route.fetch().json()
    one = found["shown"][0] | {"strokes": json.dumps(SEVEN)}
    route.fulfill(json=found | {"shown": [one | {"id": 1_000 - number} for number in range(24)]})


def test_an_audience_draws_and_the_wall_shows_it(visit, school, tmp_path):
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The wall has 0 drawings")
    wall = screen(visit, teacher, school)
    expect(wall.get_by_text("Scan the code and draw.")).to_be_visible()
    expect(wall.locator("body.is-empty")).to_have_count(1)
    large = wall.locator("#invite img").bounding_box()["width"]
    expect(wall.locator("#room")).to_have_text(f"Class {code}")
    expect(wall.locator("#model")).to_contain_text("Model: ")

    phone = visit(school, f"/room/{code}", **PHONE)
    expect(phone.get_by_text("Draw above with your finger")).to_be_visible()
    expect(phone.locator(".bar").first).to_be_hidden()  # 0% of everything is no reading
    assert phone.locator("#pad canvas").evaluate(HAS_PAINT), "a faint digit says that one can draw here"
    draw_one(phone)
    expect(phone.locator("#answer")).to_have_text("1")
    phone.reload()
    expect(phone.locator("#answer")).to_have_text("1")
    expect(phone.locator("#where")).to_have_text("Read on this device. Nothing is sent before you press Send.")
    phone.get_by_role("group", name="What you draw").get_by_role("button", name="7").click()
    top = phone.locator("#pad canvas").bounding_box()["y"]
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text("Sent. The model reads 1")).to_be_visible()
    assert phone.locator("#pad canvas").bounding_box()["y"] == top, "messages do not move the canvas"
    expect(phone.locator("#gallery figcaption")).to_have_text("✕ 7, read as 1")
    expect(phone.locator("#score")).to_have_text("0 of 1 read correctly")
    canvas, withdraw = (phone.locator(f"#gallery {name}").bounding_box() for name in ("canvas", "button"))
    assert withdraw["y"] >= canvas["y"] + canvas["height"], "the × hides no stroke"
    expect(phone.locator("#notice")).to_have_text("")  # it goes away
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    expect(wall.locator(".tile.is-wrong")).to_have_text(re.compile(r"^✕ 1 not 7 \d\d\.\d%$"))
    expect(wall.locator("#mistake p")).to_have_text("7, read as 1")
    assert wall.evaluate("() => document.querySelector('aside').scrollHeight <= innerHeight")
    tile = wall.locator(".tile").bounding_box()
    assert tile["width"] > wall.viewport_size["width"] / 5, "a lone drawing is large"
    assert wall.locator("#invite img").bounding_box()["width"] < large / 2
    wall.screenshot(path=tmp_path / "wall.png")
    wall.route("**/show?*", twenty_four)
    expect(wall.locator(".tile")).to_have_count(24)
    assert wall.evaluate("() => document.querySelector('#tiles').scrollHeight <= drawn.clientHeight"), "all rows fit"
    wall.unroute("**/show?*")
    expect(wall.locator(".tile")).to_have_count(1)
    for page in (teacher, phone, wall):
        accessibility.check(page)
    wall.keyboard.press("n")
    expect(wall.locator("#accuracy")).to_be_hidden()
    expect(wall.locator(".tile .confidence")).to_be_hidden()
    wall.keyboard.press("n")
    expect(wall.locator("#accuracy")).to_be_visible()
    wall.keyboard.press("b")
    expect(wall.get_by_role("button", name="Blank screen")).to_be_visible()
    wall.keyboard.press("Escape")
    expect(wall.get_by_role("button", name="Blank screen")).to_be_hidden()
    wall.locator(".tile").click()
    expect(wall.locator("#tiles .tile")).to_have_count(0)
    wall.get_by_role("button", name="Undo").click()
    expect(wall.locator("#tiles .tile")).to_have_count(1)
    phone.get_by_role("button", name="Withdraw this drawing").click()
    expect(wall.locator("#tiles .tile")).to_have_count(0)
    wall.close()


def test_the_audience_sees_no_drawing_before_the_moderator_does(visit, school, tmp_path):
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.main(teacher).get_by_text("Show a drawing only after it has been approved").click()
    steps.settled(teacher)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The wall has 0 drawings")
    wall = screen(visit, teacher, school)
    moderator = teacher.context.new_page()
    moderator.set_viewport_size(PHONE["viewport"])
    moderator.goto(f"{school.url}/room/{code}/moderator")
    phone = visit(school, f"/room/{code}", **PHONE)
    draw_one(phone)
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator("#gallery figcaption")).to_have_text("read as 1, not approved yet")
    expect(phone.locator("#notice")).to_contain_text("Sent.")
    draw_one(phone)
    expect(phone.locator("#notice")).to_have_text("", timeout=2_000)  # at the first stroke, and not later by itself
    phone.locator("[data-clear]").click()
    expect(wall.locator("#total")).to_have_text("0 drawings, 1 to approve")
    expect(wall.locator("canvas")).to_have_count(0)
    expect(moderator.get_by_role("heading", name="Waiting for approval: 1")).to_be_visible()
    accessibility.check(moderator)
    moderator.screenshot(path=tmp_path / "moderator.png")
    moderator.get_by_role("button", name="Show: 1").click()
    expect(wall.locator("#tiles .tile")).to_have_count(1)
    moderator.get_by_role("button", name="Hide: 1").click()
    expect(wall.locator("#tiles .tile")).to_have_count(0)
    expect(moderator.get_by_role("heading", name="Hidden: 1")).to_be_visible()
    for page in (wall, moderator):
        page.close()


def test_a_class_collects_its_own_classes_and_names_are_only_text(visit, school, tmp_path):
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.main(teacher).get_by_text("Train a model together", exact=True).click()
    field = steps.main(teacher).get_by_label("Classes", exact=True)
    field.fill("☺, ☹, <i>x</i>")
    field.press("Enter")
    steps.settled(teacher)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The collection has 0 drawings")
    page = screen(visit, teacher, school)
    page.evaluate(UNREACHABLE)  # as on a server that only this computer reaches

    phone = visit(school, f"/room/{code}", **PHONE)
    phone.get_by_label("Your name").fill(MARKUP)
    phone.get_by_role("button", name="Join the class").click()
    expect(page.locator("#unreachable")).to_contain_text("press the button on the Class page")
    expect(page.locator("#unreachable code")).to_have_text("imgcls app")
    expect(phone.get_by_role("heading", name="Draw: ☺")).to_be_visible()
    expect(phone.get_by_role("button", name="<i>x</i> ×0")).to_be_visible()
    draw_one(phone)
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="Draw: ☹")).to_be_visible()
    phone.screenshot(path=tmp_path / "phone.png")

    expect(page.locator("#writers tbody td").first).to_have_text("Name to approve")
    expect(steps.main(teacher)).to_contain_text("1 name to approve")
    tab(teacher, "People")
    expect(steps.main(teacher)).to_contain_text(f"New names: {MARKUP}; screens say")
    steps.button(teacher, "Show 1 name on the screen").click()
    expect(page.locator("#writers tbody td").first).to_have_text(MARKUP)
    tab(teacher, "Draw together")
    expect(page.locator("#progress")).to_contain_text("At least 3 drawings of each")
    expect(page.locator("#writers th")).to_have_text(["Name", "Drawings", "Misread"])  # one person has no distance
    expect(steps.main(teacher)).to_contain_text("At least 3 drawings of each: ☺, ☹, <i>x</i>")
    expect(steps.button(teacher, "Train the model")).to_be_disabled()
    expect(page.get_by_role("button", name="Train the model")).to_be_disabled()
    page.get_by_title("Look through the drawings of ☺").click()
    page.locator("dialog .tile").click()
    expect(page.locator("dialog .tile.is-removed")).to_be_visible()
    expect(phone.locator("#gallery figcaption")).to_have_text("☺, removed")
    page.screenshot(path=tmp_path / "collection.png")
    page.close()


def test_a_phone_that_joins_a_class_with_a_model_runs_it_itself(visit, school):
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.main(teacher).get_by_text("Train a model together", exact=True).click()
    steps.settled(teacher)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The collection has 0 drawings")
    (file,) = school.runs.with_name("own").glob(f".rooms/{code}-*/activity.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"model": "digits"}))  # as if it had been trained
    phone = visit(school, f"/room/{code}", **PHONE)
    phone.get_by_label("Your name").fill("Ada")
    phone.get_by_role("button", name="Join the class").click()
    expect(phone.locator("#pad canvas")).to_be_visible()
    assert not phone.locator("#pad canvas").evaluate(HAS_PAINT), "traced digits would all be alike"
    draw_one(phone)
    expect(phone.locator("#where")).to_contain_text("Read on this device.")


def scribble(page) -> None:
    """Up and down, many times, with the mouse."""
    box = page.locator("#pad canvas").bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for step in range(18):
        x, y = 0.1 + 0.8 * step / 17, 0.8 if step % 2 else 0.2
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
    page.mouse.up()


def test_a_phone_with_and_without_the_model_says_that_a_drawing_is_no_digit(visit, school):
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The wall has 0 drawings")
    cannot_run_it = {"init_script": "delete window.WebAssembly"}
    for where, options in (("this device", {}), ("the server", cannot_run_it)):
        phone = visit(school, f"/room/{code}", **PHONE, **options)
        scribble(phone)
        expect(phone.locator("#where")).to_contain_text("It looks like a scribble")
        expect(phone.locator("#answer")).to_have_text("–")
        phone.locator("[data-clear]").click()
        draw_one(phone)
        expect(phone.locator("#answer")).to_have_text("1")
        expect(phone.locator("#where")).to_contain_text(f"Read on {where}")


def test_a_class_collects_photos_taken_with_phones(visit, school, tmp_path):
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.main(teacher).get_by_text("Train a model together", exact=True).click()
    steps.settled(teacher)
    steps.main(teacher).get_by_text("Photos", exact=True).click()
    steps.settled(teacher)
    # Another field than that of drawings, which may stand beside it for a moment.
    expect(steps.main(teacher).locator("input[aria-label='Classes'][value='cup, pen']")).to_be_visible()
    steps.settled(teacher)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The collection has 0 photos")
    projector = screen(visit, teacher, school)
    expect(projector.get_by_text("Scan the code and take photos.")).to_be_visible()

    Image.effect_mandelbrot((1200, 900), (-2, -1.2, 1, 1.2), 40).convert("RGB").save(tmp_path / "cup.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    phone = visit(school, f"/room/{code}", **PHONE)
    phone.get_by_label("Your name").fill("Ada")
    phone.get_by_role("button", name="Join the class").click()
    expect(phone.get_by_role("heading", name="Photo of: cup")).to_be_visible()
    phone.locator("#file").set_input_files(tmp_path / "broken.jpg")
    expect(phone.get_by_text("This file is not an image")).to_be_visible()
    phone.locator("#file").set_input_files(tmp_path / "cup.jpg")
    expect(phone.locator("#send")).to_be_enabled()
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    phone.screenshot(path=tmp_path / "phone.png")
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator("#notice")).to_have_text("Sent.")
    expect(phone.locator("#gallery figcaption")).to_have_text("cup")
    expect(phone.get_by_role("heading", name="Photo of: pen")).to_be_visible()

    expect(projector.locator("#tiles .tile")).to_have_count(1)
    is_painted = (
        "tile => tile.getContext('2d').getImageData(0, 0, 320, 320).data.some((value, i) => i % 4 < 3 && value > 99)"
    )
    wait_until(lambda: projector.locator("#tiles canvas").evaluate(is_painted), what="the photo on the screen")
    projector.screenshot(path=tmp_path / "screen.png")
    projector.locator("#tiles .tile").click()
    expect(phone.locator("#gallery figcaption")).to_have_text("cup, removed")
    phone.get_by_role("button", name="Withdraw this photo").click()
    expect(phone.locator("#gallery figure")).to_have_count(0)
    phone.set_viewport_size({"width": 667, "height": 320})
    phone.screenshot(path=tmp_path / "landscape.png", full_page=True)
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    projector.close()
