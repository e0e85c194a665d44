"""After a crash of the server, phones and the wall go on by themselves, and nothing that was drawn is lost."""

from playwright.sync_api import expect

from tests.browser.support import steps
from tests.browser.support.classes import open_class, owner
from tests.browser.test_drawing_together import PHONE, draw_one, screen


def test_a_drawing_that_could_not_be_sent_stays_and_is_sent_later(visit, school):
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The wall has 0 drawings")
    wall = screen(visit, teacher, school)
    phone = visit(school, f"/room/{code}", **PHONE)
    draw_one(phone)
    expect(phone.locator("#answer")).to_have_text("1")
    phone.get_by_role("button", name="Send").click()
    expect(wall.locator("#tiles .tile")).to_have_count(1)

    school.kill()
    draw_one(phone)
    expect(phone.locator("#answer")).to_have_text("1")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text("No connection to the server.").first).to_be_visible()
    expect(phone.get_by_role("button", name="Send")).to_be_enabled()

    school.start()
    phone.get_by_role("button", name="Send").click()
    expect(wall.locator("#tiles .tile")).to_have_count(2)
    expect(phone.locator("#gallery figure")).to_have_count(2)
    wall.close()
