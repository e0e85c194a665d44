"""The Runs page: select, open, rename, delete, compare. Its table is a canvas, so rows are clicked by position."""

import json
import shutil

import filelock
import pytest
from playwright.sync_api import Page, expect

from imgcls.jobs.queue import LOCK
from tests.browser.support import steps
from tests.browser.support.server import wait_until

HEAD, ROW = 35, 44
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
    page = visit(server, "/runs?layout=Table")
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


def test_a_click_on_a_name_opens_its_run_and_leaves_the_selection(runs_page):
    _, page = runs_page
    select_row(page, 0)
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(box["x"] + 170, box["y"] + HEAD + ROW * 1.5)
    steps.shows(page, "The first one")
    page.go_back()
    steps.shows(page, "Runs")
    expect(steps.main(page)).to_contain_text("1 selected")
    steps.button(page, "Open").click()
    steps.shows(page, "The second one")


def test_a_run_is_deleted_only_after_confirmation_and_can_be_restored(runs_page):
    server, page = runs_page
    select_row(page, 1)
    dialog = page.get_by_role("dialog")
    for leave in (lambda: page.keyboard.press("Escape"), lambda: dialog.get_by_role("button", name="Cancel").click()):
        steps.button(page, "Delete").click()
        expect(dialog).to_contain_text("The first one")
        leave()
        expect(dialog).to_have_count(0)
        assert server.run_ids() == {"first", "second"}
        expect(steps.button(page, "Open")).to_be_enabled()
    steps.button(page, "Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(steps.main(page)).to_contain_text("1 run.")
    assert server.run_ids() == {"second"}
    steps.main(page).get_by_text("Recently deleted (1)").click()
    steps.button(page, "Restore").click()
    expect(steps.main(page)).to_contain_text("2 runs.")
    assert server.run_ids() == {"first", "second"}


def test_the_page_of_a_deleted_run_leads_to_all_runs_with_the_way_back(runs_page):
    server, page = runs_page
    select_row(page, 1)
    steps.button(page, "Open").click()
    steps.shows(page, "The first one")
    steps.button(page, "Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    steps.shows(page, "Runs")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(steps.main(page)).to_contain_text("Deleted: “The first one”.")
    assert server.run_ids() == {"second"}
    steps.button(page, "Undo").click()
    expect(steps.main(page)).to_contain_text("2 runs.")
    expect(steps.main(page)).not_to_contain_text("Deleted: “The first one”.")
    assert server.run_ids() == {"first", "second"}


def test_selected_rows_stay_selected_when_runs_are_queued_and_leave_the_queue(runs_page, sample_run):
    server, page = runs_page
    select_row(page, 1)
    with filelock.FileLock(server.runs / LOCK):  # as if a queue were running: the run only waits
        queued = server.runs / "queued"
        queued.mkdir()
        shutil.copy(sample_run / "config.json", queued)
        (queued / "queued.json").write_text(json.dumps({"ticket": "a", "place": 1.0}))
        (queued / "label.txt").write_text("In the queue")
        select_row(page, 0)
        expect(steps.main(page)).to_contain_text("3 runs.")
        expect(steps.button(page, "Which is better?")).to_be_enabled()
        select_row(page, 2)  # again, in a table with one more row
        expect(steps.button(page, "Which is better?")).to_be_disabled()
        shutil.rmtree(queued)
    steps.button(page, "Open").click()
    steps.shows(page, "The second one")


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


def test_enter_adds_a_tag_and_archiving_can_be_undone(runs_page):
    server, page = runs_page
    page.set_viewport_size({"width": 1280, "height": 720})
    select_row(page, 0)
    steps.button(page, "Tag").click()
    dialog = page.get_by_role("dialog")
    add = dialog.get_by_role("button", name="Add", exact=True)
    expect(add).to_be_in_viewport(ratio=1)
    dialog.get_by_role("textbox", name="New tag").fill("baseline")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert json.loads((server.runs / "second" / "notes.json").read_text())["tags"] == ["baseline"]
    steps.button(page, "Archive").click()
    expect(page.get_by_test_id("stToast")).to_contain_text("1 run archived.")
    expect(steps.main(page)).to_contain_text("Archived: “The second one”.")
    expect(steps.main(page)).to_contain_text("1 run.")
    expect(steps.button(page, "1 archived run is hidden · Show")).to_be_visible()
    steps.button(page, "Undo").click()
    expect(steps.main(page)).to_contain_text("2 runs.")
    assert "layout=Table" in page.url


def test_the_buttons_are_in_sight_once_a_run_is_selected_and_nothing_moves(runs_page, sample_run):
    server, page = runs_page
    for number in range(8):
        server.add(sample_run, f"more-{number}")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.reload()
    expect(steps.main(page)).to_contain_text("10 runs.")
    steps.settled(page)
    table, buttons = page.get_by_test_id("stDataFrame").first, ("Open", "Which is better?", "Archive")
    table.scroll_into_view_if_needed()
    before = table.bounding_box(), [steps.button(page, name).bounding_box()["x"] for name in buttons]
    expect(steps.button(page, "Archive")).not_to_be_in_viewport()
    for row in (0, 1):
        select_row(page, row)
        expect(steps.main(page)).to_contain_text(f"{row + 1} selected")
        for name in buttons:
            expect(steps.button(page, name)).to_be_in_viewport(ratio=1)
        assert before == (table.bounding_box(), [steps.button(page, name).bounding_box()["x"] for name in buttons])


def test_notifications_are_turned_on_with_one_switch(visit, server_of_two):
    page = visit(server_of_two, "/runs", permissions=["notifications"])
    steps.button(page, "Notifications").click()
    switch = page.get_by_role("dialog").get_by_role("switch", name="Show notifications in this browser")
    stored = server_of_two.runs / "_notifications" / "settings.json"
    for is_on in (True, False):
        switch.click()
        expect(switch).to_have_attribute("aria-checked", str(is_on).lower())
        wait_until(lambda is_on=is_on: json.loads(stored.read_text())["browser"] is is_on, what="it is saved")


def test_a_saved_view_is_opened_again(runs_page):
    _, page = runs_page
    page.get_by_role("textbox", name="Search").fill("learning_rate=0.002")
    page.keyboard.press("Enter")
    expect(steps.main(page)).to_contain_text("1 run of 2")
    steps.button(page, "View").click()
    name = page.get_by_role("textbox", name="Save this view as")
    name.fill("fast")
    name.press("Enter")
    page.get_by_role("button", name="Save view").click()
    steps.settled(page)
    page.goto(page.url.partition("?")[0])
    expect(steps.main(page)).to_contain_text("2 runs.")
    steps.settled(page)
    steps.button(page, "View").click()
    steps.settled(page)  # the list closes when what is around it still moves
    page.get_by_role("combobox", name="Saved view").click()
    page.get_by_role("option", name="fast").click()
    expect(steps.main(page)).to_contain_text("1 run of 2")
    expect(page.get_by_role("textbox", name="Search")).to_have_value("learning_rate=0.002")
