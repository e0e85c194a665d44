"""A lesson: a teacher at a computer, and a pupil with a phone."""

from playwright.sync_api import expect

from tests.browser.support import accessibility, steps
from tests.browser.support.classes import open_class, owner

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def fill(page, label: str, text: str) -> None:
    field = steps.main(page).get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


def test_a_pupil_joins_on_a_phone_and_gets_the_message_of_the_teacher(visit, school, tmp_path):
    teacher = owner(visit, school)
    accessibility.check(teacher)
    code = open_class(teacher)
    expect(steps.main(teacher)).to_contain_text("No one has joined yet.")
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
    expect(steps.main(teacher)).to_contain_text("1 member, 1 present, 0 stuck")

    steps.main(teacher).get_by_label("Message to all", exact=True).fill("Look up")
    steps.button(teacher, "Send").click()
    expect(steps.main(pupil)).to_contain_text("Message to the class: Look up")
    expect(steps.main(teacher).locator(".st-key-class-said-now")).to_contain_text("Look up")
    expect(steps.main(teacher).get_by_label("Message to all", exact=True)).to_have_value("")
    steps.settled(teacher)
    steps.settled(pupil)
    teacher.screenshot(path=tmp_path / "teacher.png")
    pupil.screenshot(path=tmp_path / "pupil.png")
    accessibility.check(teacher)
    accessibility.check(pupil)

    steps.main(pupil).get_by_role("link", name="Train a model").click()
    steps.shows(pupil, "Train a model")
    expect(steps.button(pupil, "Start")).to_be_enabled()
    expect(steps.main(pupil)).to_contain_text("Message to the class: Look up")
    steps.button(pupil, "Dismiss").click()
    expect(steps.main(pupil)).not_to_contain_text("Look up")

    choose(teacher, "On stage", "Ada")
    expect(steps.main(pupil)).to_contain_text("Your teacher shows the class the page that you have open")
    stage = teacher.context.new_page()
    stage.goto(f"{school.url}/room/{code}/stage")
    expect(stage.locator("#who")).to_have_text("On stage: Name to approve")
    framed = stage.frame_locator("#page").get_by_test_id("stMain")
    expect(framed).to_contain_text("Train a model")
    pupil.goto(f"{school.url}/evaluate")
    expect(framed).to_contain_text("Evaluate")
    stage.screenshot(path=tmp_path / "stage.png")
    stage.close()


def choose(page, label: str, option: str) -> None:
    """Choose an option of a select box or multiselect; typing narrows a long list, and does nothing on a phone."""
    steps.main(page).get_by_label(label, exact=True).click()
    page.keyboard.type(option)
    page.get_by_role("option", name=option, exact=True).click()
    if "controls" in label:  # a multiselect stays open; a select box would be emptied
        page.keyboard.press("Escape")


def test_an_assignment_reaches_the_pupil_with_its_controls_fixed_and_is_closed(visit, school, tmp_path):
    teacher = owner(visit, school)
    code = open_class(teacher)
    steps.button(teacher, "New assignment").click()
    steps.shows(teacher, "Train a model")
    fill(teacher, "Epochs", "2")
    steps.main(teacher).get_by_label("Title", exact=True).fill("Small networks")
    steps.main(teacher).get_by_label("Instructions", exact=True).fill("Keep it small.")
    choose(teacher, "Fixed controls", "Epochs: 2")
    choose(teacher, "Hidden controls", "Batch size: 64")
    steps.main(teacher).get_by_label("Why these are fixed", exact=True).fill("So that all train equally long.")
    steps.main(teacher).get_by_label("Attempts per person", exact=True).fill("1")
    steps.main(teacher).get_by_text("Predict first", exact=True).click()
    steps.button(teacher, "Assign to the class").click()
    expect(steps.main(teacher)).to_contain_text("“Small networks” has been added to your class's list")

    pupil = visit(school, f"/class?join={code}", **PHONE)
    steps.shows(pupil, "Class")
    steps.main(pupil).get_by_label("Your name", exact=True).fill("Ada")
    steps.button(pupil, "Join").click()
    expect(steps.main(pupil)).to_contain_text("Small networks")
    steps.button(pupil, "Start the assignment").click()
    steps.shows(pupil, "Train a model")
    banner = steps.main(pupil).locator(".st-key-assignment-banner")
    expect(banner).to_contain_text("Keep it small.")
    expect(banner).to_contain_text("So that all train equally long.")
    expect(banner).to_contain_text("0 of 1 attempts used.")
    expect(steps.main(pupil).get_by_label("Epochs", exact=True)).to_be_disabled()
    expect(steps.main(pupil).get_by_label("Epochs", exact=True)).to_have_value("2")
    expect(steps.main(pupil).get_by_label("Learning rate", exact=True)).to_be_enabled()
    steps.button(pupil, "Start").click()
    expect(pupil.get_by_test_id("stToast")).to_contain_text("First predict the result")
    fill(pupil, "Validation accuracy, %", "90")
    choose(pupil, "Most confused: class", "4")
    choose(pupil, "with class", "9")
    steps.settled(pupil)
    pupil.screenshot(path=tmp_path / "pupil.png", full_page=True)
    assert pupil.evaluate("document.documentElement.scrollWidth <= innerWidth")
    steps.button(pupil, "Start").click()
    expect(steps.main(pupil).locator(".st-key-assignment-verdict")).to_contain_text("Small networks")

    teacher.get_by_role("link", name="Class", exact=True).click()
    expect(steps.main(teacher)).to_contain_text("1 attempt by 1 person")
    address = steps.main(teacher).get_by_role("link", name="Leaderboard on the screen").get_attribute("href")
    board = teacher.context.new_page()
    board.set_viewport_size({"width": 1280, "height": 720})
    board.goto(school.url + address)
    expect(board.locator("#title")).to_have_text("Small networks")
    expect(board.locator("#places .name")).to_have_text(["Name to approve"])
    expect(board.locator("#places .score")).to_contain_text("%")
    accessibility.check(board)
    steps.button(teacher, "Show 1 name on the screen").click()
    expect(board.locator("#places .name")).to_have_text(["Ada"])
    board.keyboard.press("n")
    expect(board.locator("#places .score")).to_be_hidden()
    board.screenshot(path=tmp_path / "leaderboard.png")
    board.close()
    steps.button(teacher, "Close and evaluate").click()
    teacher.get_by_role("dialog").get_by_role("button", name="Close and evaluate").click()
    expect(steps.main(teacher)).to_contain_text("Closed")
    teacher.screenshot(path=tmp_path / "teacher.png", full_page=True)
    steps.button(pupil, "Back to the assignment").click()
    expect(banner).to_contain_text("This assignment is closed")
    expect(steps.button(pupil, "Start")).to_be_disabled()
