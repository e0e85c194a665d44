"""A class draws on phones: the model runs in the browser, the wall shows what is sent, and nothing of it is markup."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from imgcls.sharing import owner_code
from imgcls.system import paths
from tests.browser.support import accessibility, steps
from tests.browser.support.server import wait_until

PHONE = {"viewport": {"width": 390, "height": 844}}
MARKUP = "<b>Ada</b>"


@pytest.fixture
def school(make_server):
    """A started server in classroom mode with the model of digits."""
    server = make_server(IMGCLS_MODE="classroom", PYTHONUNBUFFERED="1")
    server.add(paths.repository_folder() / "saved_models" / "digits")
    yield server.start()
    server.close()


def open_class(visit, school):
    """The page Class of the owner of the server, and the code of their class."""
    teacher = visit(school, "/you")
    steps.shows(teacher, "You")
    pattern = rf"once\): ([{owner_code.LETTERS}]{{5}}-[{owner_code.LETTERS}]{{5}})"
    wait_until(lambda: re.search(pattern, school.log()), what="the code in the terminal")
    steps.main(teacher).get_by_text("Do you run this server?").click()
    field = steps.main(teacher).get_by_label("Code from the terminal", exact=True)
    field.fill(re.search(pattern, school.log())[1])
    field.press("Enter")
    expect(steps.main(teacher)).to_contain_text("the owner of this server")
    teacher.get_by_role("link", name="Class", exact=True).click()
    steps.shows(teacher, "Class")
    steps.button(teacher, "Open a class").click()
    return teacher, steps.main(teacher).locator(".class-join b").inner_text()


def draw_one(page) -> None:
    """A one, with the mouse."""
    box = page.locator("#pad canvas").bounding_box()
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


def test_an_audience_draws_and_the_wall_shows_it(visit, school, tmp_path):
    teacher, code = open_class(visit, school)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The wall has 0 drawings")
    wall = screen(visit, teacher, school)
    expect(wall.get_by_text("Scan the code and draw.")).to_be_visible()

    phone = visit(school, f"/room/{code}", **PHONE)
    draw_one(phone)
    expect(phone.locator("#answer")).to_have_text("1")
    expect(phone.locator("#where")).to_have_text("Computed on this device.")
    phone.get_by_role("group", name="What you draw").get_by_role("button", name="7").click()
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text("Sent. The model reads 1")).to_be_visible()
    expect(phone.locator("#gallery figcaption")).to_have_text("7, read as 1")
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    expect(wall.locator(".tile.is-wrong")).to_have_text("1 not 7")
    expect(wall.locator("#mistake p")).to_have_text("7, read as 1")
    assert wall.evaluate("() => document.querySelector('aside').scrollHeight <= innerHeight")
    wall.screenshot(path=tmp_path / "wall.png")
    for page in (teacher, phone, wall):
        accessibility.check(page)
    wall.locator(".tile").click()
    expect(wall.locator("#tiles .tile")).to_have_count(0)
    wall.get_by_role("button", name="Undo").click()
    expect(wall.locator("#tiles .tile")).to_have_count(1)
    phone.get_by_role("button", name="Withdraw this drawing").click()
    expect(wall.locator("#tiles .tile")).to_have_count(0)
    wall.close()


def test_a_phone_that_cannot_run_the_model_asks_the_server(visit, school):
    teacher, code = open_class(visit, school)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The wall has 0 drawings")
    phone = visit(school, f"/room/{code}", init_script="delete window.WebAssembly", **PHONE)
    draw_one(phone)
    expect(phone.locator("#answer")).to_have_text("1")
    expect(phone.locator("#where")).to_contain_text("Computed on the server")


def test_a_class_collects_its_own_classes_and_names_are_only_text(visit, school, tmp_path):
    teacher, code = open_class(visit, school)
    steps.main(teacher).get_by_text("Train a model together", exact=True).click()
    field = steps.main(teacher).get_by_label("Classes", exact=True)
    field.fill("☺, ☹, <i>x</i>")
    field.press("Enter")
    steps.settled(teacher)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The collection has 0 drawings")
    page = screen(visit, teacher, school)

    phone = visit(school, f"/room/{code}", **PHONE)
    phone.get_by_label("Your name").fill(MARKUP)
    phone.get_by_role("button", name="Join the class").click()
    expect(phone.get_by_role("heading", name="Draw: ☺")).to_be_visible()
    expect(phone.get_by_role("button", name="<i>x</i> ×0")).to_be_visible()
    draw_one(phone)
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="Draw: ☹")).to_be_visible()
    phone.screenshot(path=tmp_path / "phone.png")

    expect(page.locator("#writers tbody td").first).to_have_text(MARKUP)
    expect(page.locator("#progress")).to_contain_text("At least 3 drawings of each")
    expect(page.get_by_role("button", name="Train the model")).to_be_disabled()
    page.get_by_title("Look through the drawings of ☺").click()
    page.locator("dialog .tile").click()
    expect(page.locator("dialog .tile.is-removed")).to_be_visible()
    expect(phone.locator("#gallery figcaption")).to_have_text("☺, removed")
    page.screenshot(path=tmp_path / "collection.png")
    page.close()


def scribble(page) -> None:
    """Up and down, many times, with the mouse."""
    box = page.locator("#pad canvas").bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for step in range(18):
        x, y = 0.1 + 0.8 * step / 17, 0.8 if step % 2 else 0.2
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
    page.mouse.up()


@pytest.mark.parametrize("where", ["here", "server"])
def test_a_phone_says_that_a_drawing_is_no_digit(visit, school, where):
    teacher, code = open_class(visit, school)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The wall has 0 drawings")
    without = {} if where == "here" else {"init_script": "delete window.WebAssembly"}
    phone = visit(school, f"/room/{code}", **PHONE, **without)
    scribble(phone)
    expect(phone.locator("#where")).to_contain_text("It looks like a scribble")
    expect(phone.locator("#answer")).to_have_text("–")
    phone.locator("[data-clear]").click()
    draw_one(phone)
    expect(phone.locator("#answer")).to_have_text("1")
    expect(phone.locator("#where")).to_contain_text("Computed on")


def test_a_class_collects_photos_taken_with_phones(visit, school, tmp_path):
    teacher, code = open_class(visit, school)
    steps.main(teacher).get_by_text("Train a model together", exact=True).click()
    steps.main(teacher).get_by_text("Photos", exact=True).click()
    expect(steps.main(teacher).get_by_label("Classes", exact=True)).to_have_value("cup, pen")
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
