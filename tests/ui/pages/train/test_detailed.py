"""The section "Settings" of the Train page: closed at first, and as it was left."""

import os

from imgcls.ui.app.paths import ENTRY, PAGES
from tests.support.pages import html_of, is_intact, opened


def section(app):
    (found,) = [one for one in app.expander if one.label == "Settings"]
    return found


def test_the_settings_are_closed_and_their_title_says_the_most_important(digits):
    app = opened("train", epochs="7", learning_rate="0.002")
    assert is_intact(app) and not section(app).proto.expanded
    titles = [str(block.proto.body) for block in app.get("html") if "summary" in str(block.proto.body)]
    assert "7 epochs, learning rate 0.002" in "".join(titles)
    assert section(app).number_input(key="epochs").value == 7


def test_the_title_says_of_a_varied_setting_that_it_is_varied(digits):
    app = opened("train", epochs="7")
    app.toggle(key="vary").set_value(True).run()
    app.multiselect(key="vary-names-cnn").set_value(["learning_rate"]).run()
    assert "7 epochs, learning rate varied" in html_of(app)
    app.multiselect(key="vary-names-cnn").set_value(["epochs", "learning_rate"]).run()
    assert is_intact(app) and "epochs varied, learning rate varied" in html_of(app)


def test_the_section_is_as_it_was_left_when_the_visitor_comes_back(digits):
    app = opened("train")
    app.session_state["detailed"] = True
    app.run()
    for page in ("data", "train"):
        app.switch_page(os.path.relpath(PAGES / f"{page}.py", ENTRY.parent)).run()
    assert is_intact(app) and section(app).proto.expanded
