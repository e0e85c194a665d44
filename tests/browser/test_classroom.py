"""A lesson: a teacher at a computer, and a pupil with a phone."""

import re

import pytest
from playwright.sync_api import expect

from imgcls.sharing import owner_code
from tests.browser.support import steps
from tests.browser.support.server import wait_until

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def school(make_server):
    """A started server in classroom mode."""
    server = make_server(IMGCLS_MODE="classroom", PYTHONUNBUFFERED="1")
    yield server.start()
    server.close()


def fill(page, label: str, text: str) -> None:
    field = steps.main(page).get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


def open_class(visit, school):
    """The page "Class" of the owner of the server, who has opened one."""
    teacher = visit(school, "/you")
    steps.shows(teacher, "You")
    pattern = rf"once\): ([{owner_code.LETTERS}]{{5}}-[{owner_code.LETTERS}]{{5}})"
    wait_until(lambda: re.search(pattern, school.log()), what="the code in the terminal")
    steps.main(teacher).get_by_text("Do you run this server?").click()
    fill(teacher, "Code from the terminal", re.search(pattern, school.log())[1])
    expect(steps.main(teacher)).to_contain_text("the owner of this server")
    teacher.get_by_role("link", name="Class", exact=True).click()
    steps.shows(teacher, "Class")
    steps.button(teacher, "Open a class").click()
    return teacher


def test_a_pupil_joins_on_a_phone_and_gets_the_message_of_the_teacher(visit, school, tmp_path):
    teacher = open_class(visit, school)
    expect(steps.main(teacher)).to_contain_text("Nobody has joined yet.")
    code = re.search(rf"[{owner_code.LETTERS}]{{5}}", steps.main(teacher).locator(".class-join b").inner_text())[0]
    picture = steps.main(teacher).locator(".class-join img")
    assert f"?join={code}" in picture.get_attribute("alt")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0 && image.clientWidth >= 200")

    pupil = visit(school, f"/class?join={code}", **PHONE)
    steps.shows(pupil, "Class")
    steps.main(pupil).get_by_label("Your name", exact=True).fill("Ada")
    steps.button(pupil, "Join").click()
    expect(steps.main(pupil)).to_contain_text(f"You are Ada in class {code}")
    expect(steps.button(pupil, "Pause all")).to_have_count(0)
    assert pupil.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(steps.main(teacher)).to_contain_text("1 member, 1 present, 1 stuck")

    steps.main(teacher).get_by_label("Message to all", exact=True).fill("Look up")
    steps.button(teacher, "Show").click()
    expect(steps.main(pupil)).to_contain_text("Message to the class: Look up")
    steps.settled(teacher)
    steps.settled(pupil)
    teacher.screenshot(path=tmp_path / "teacher.png")
    pupil.screenshot(path=tmp_path / "pupil.png")

    steps.main(pupil).get_by_role("link", name="Train a model").click()
    steps.shows(pupil, "Train a model")
    expect(steps.button(pupil, "Start")).to_be_enabled()
    expect(steps.main(pupil)).to_contain_text("Message to the class: Look up")
