"""The Runs page: select, open, rename, delete, compare. Its table is a canvas, so rows are clicked by position."""

import json
import shutil

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import steps
from tests.browser.support.server import wait_until

HEAD, ROW = 35, 66
"""The heights of the table's head and of a row in pixels."""


@pytest.fixture(scope="module")
def server_of_two(make_server):
    """A started server, to which `runs_page` gives its runs."""
    return make_server().start()


@pytest.fixture
def runs_page(visit, server_of_two, sample_run):
    """The Runs page with two new runs, the newer one first."""
    server = server_of_two
    for run_id in server.run_ids():
        shutil.rmtree(server.runs / run_id)
    for name, started, rate in (("first", 1_700_000_000, 0.001), ("second", 1_700_000_100, 0.002)):
        folder = server.add(sample_run, name)
        (folder / "label.txt").write_text(f"The {name} one")
        (folder / "trainer.json").write_text(json.dumps({"started": started}))
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"learning_rate": rate}))
    page = visit(server, "/runs")
    steps.shows(page, "Runs")
    return server, page


def select_row(page: Page, row: int) -> None:
    """Selects a row of the table with the checkbox in its first column."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + HEAD + ROW * (row + 0.5))
    steps.settled(page)


def test_a_selected_run_can_be_renamed(runs_page):
    server, page = runs_page
    expect(steps.button(page, "Rename")).to_be_disabled()
    select_row(page, 0)
    steps.button(page, "Rename").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("textbox", name="Name")
    expect(name).to_have_value("The second one")
    name.fill("My best seven")
    dialog.get_by_role("button", name="Rename", exact=True).click()
    expect(dialog).to_have_count(0)
    assert (server.runs / "second" / "label.txt").read_text() == "My best seven"
    assert (server.runs / "first" / "label.txt").read_text() == "The first one"
    steps.button(page, "Open").click()
    steps.shows(page, "My best seven")


def test_a_run_is_deleted_only_after_confirmation(runs_page):
    server, page = runs_page
    select_row(page, 1)
    steps.button(page, "Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The first one")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert server.run_ids() == {"first", "second"}
    steps.button(page, "Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(steps.main(page)).to_contain_text("1 run.")
    assert server.run_ids() == {"second"}


def test_two_selected_runs_are_compared_by_curves_and_settings(runs_page):
    _, page = runs_page
    select_row(page, 0)
    select_row(page, 1)
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 3")
    for place in (0, 1):
        names = ["The first one", "The second one"]
        wait_until(lambda place=place, names=names: sorted(steps.lines(page, place)) == names, what="both runs")
    expect(page.get_by_role("heading", name="Differing settings")).to_be_visible()
    table = page.get_by_test_id("stDataFrame").last
    expect(table.get_by_role("gridcell", name="learning rate", include_hidden=True)).to_have_count(1)
    assert table.get_by_role("row", include_hidden=True).count() == 2
