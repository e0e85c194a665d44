"""From two selected runs to a comparison, robustness in the background, and the report as a file."""

import re

from playwright.sync_api import expect

from tests.browser.runs_and_evaluate.test_runs_table import runs_page as runs_page
from tests.browser.runs_and_evaluate.test_runs_table import select_row
from tests.browser.runs_and_evaluate.test_runs_table import server_of_two as server_of_two
from tests.browser.support import steps


def test_two_selected_runs_open_the_comparison_and_the_link_keeps_both(runs_page, visit):
    server, page = runs_page
    select_row(page, 0)
    select_row(page, 1)
    steps.button(page, "Which is better?").click()
    steps.shows(page, "Evaluate")
    page.wait_for_url(re.compile(r"view=Compare"))

    for tab in (page, visit(server, page.url.removeprefix(server.url))):
        steps.shows(tab, "Evaluate")
        expect(steps.main(tab).locator(".verdict")).to_contain_text("no difference")
        expect(steps.main(tab).locator(".letters").first).to_contain_text("A is The first one, B is The second one.")
        expect(steps.main(tab).locator(".byclass > b")).to_have_count(10)


def test_robustness_runs_in_the_background_and_the_report_opens_from_disk(
    tidied_server, sample_run, visit, chromium, tmp_path
):
    run = tidied_server.add(sample_run, "robust")
    page = visit(tidied_server, "/evaluate?run=robust&view=Robustness", color_scheme="dark")
    steps.shows(page, "Evaluate")
    steps.button(page, "Evaluate robustness").click()
    expect(steps.main(page)).to_contain_text("Predictions that change", timeout=steps.SLOW)
    figures = steps.main(page).locator(".corruptions img")
    expect(figures).to_have_count(16)  # eight corruptions, each with a picture and a chart
    assert figures.first.evaluate("image => image.complete && image.naturalWidth > 0")
    assert (run / "robustness.npz").exists()
    assert not (run / "robustness.progress.json").exists()

    steps.main(page).get_by_role("radio", name="Report").or_(
        steps.main(page).get_by_role("button", name="Report", exact=True)
    ).first.click()
    with page.expect_download() as download:
        steps.button(page, "Report (HTML)").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "robust.html"

    context = chromium.new_context(color_scheme="dark", offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    expect(page.locator("h1")).to_have_text("A sample")
    expect(page.get_by_role("heading", name="Robustness")).to_be_visible()
    expect(page.locator(".curves svg")).to_have_count(2)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 29)"
    assert [url for url in asked if not url.startswith(("data:", path.as_uri()))] == []
    context.close()


def test_back_restores_the_whole_view_of_the_runs(runs_page):
    _, page = runs_page
    page.get_by_role("textbox", name="Search").fill("test>0.1")
    page.keyboard.press("Enter")
    steps.settled(page)
    steps.button(page, "View").click()
    page.get_by_role("combobox", name="Columns").click()
    page.get_by_role("option", name="Best epoch").click()
    steps.settled(page)
    page.locator("h1").first.click()
    select_row(page, 0)
    select_row(page, 1)
    page.wait_for_url(lambda url: url.count("selected=") == 2)
    left = page.url
    steps.button(page, "Which is better?").click()
    steps.shows(page, "Evaluate")
    page.go_back()
    steps.shows(page, "Runs")
    page.wait_for_url(left)
    expect(page.get_by_role("textbox", name="Search")).to_have_value("test>0.1")
    expect(steps.main(page)).to_contain_text("2 selected")
    table = page.get_by_test_id("stDataFrame").first
    expect(table.get_by_role("columnheader", name="Run", include_hidden=True)).to_have_count(1)
    table.hover()
    page.mouse.wheel(2000, 0)  # a column has a heading once it is in sight
    expect(table.get_by_role("columnheader", name="Best epoch", include_hidden=True)).to_have_count(1)
    page.go_forward()
    steps.shows(page, "Evaluate")
