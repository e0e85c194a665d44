"""A teacher who opens a class on a server in classroom mode."""

import re

from playwright.sync_api import Page, expect

from imgcls.sharing import owner_code
from tests.browser.support import steps
from tests.browser.support.server import Server, wait_until

FIVE = f"[{owner_code.LETTERS}]{{5}}"


def owner(visit, school: Server) -> Page:
    """The page You of a new owner of the server."""
    teacher = visit(school, "/you")
    steps.shows(teacher, "You")
    codes = []
    wait_until(lambda: codes.extend(re.findall(rf"once\): ({FIVE}-{FIVE})", school.log())) or codes, what="the code")
    steps.main(teacher).get_by_text("Do you run this server?").click()
    field = steps.main(teacher).get_by_label("Code from the terminal", exact=True)
    field.fill(codes[-1])  # the others were used by earlier tests
    field.press("Enter")
    expect(steps.main(teacher)).to_contain_text("the owner of this server")
    return teacher


def tab(teacher: Page, name: str) -> None:
    """A teacher turns to another tab of the page Class."""
    steps.main(teacher).locator(".st-key-class-tab").get_by_text(name).click()
    steps.settled(teacher)


def open_class(teacher: Page, name: str = "") -> str:
    """The page of an owner turns to the page Class, with this tab if any; returns the code of the class."""
    teacher.get_by_role("link", name="Class", exact=True).click()
    steps.shows(teacher, "Class")
    steps.button(teacher, "Open a class").click()
    code = steps.main(teacher).locator(".class-join b").inner_text()
    if name:
        tab(teacher, name)
    return code
