"""Runs with hostile names and runs with truncated files: names are literal text, one error, all else works."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.support import steps

NAMES = [
    "<img src=x onerror=alert(1)>",
    r"$\href{javascript:alert(1)}{x}$",
    "![](http://evil.example/p.png)",
    ":material/home:",
    "[x](javascript:alert(2)) **bold**",
    "<script>alert(3)</script>",
    "</div><b>out</b>",
    "a&lt;b \"quoted' `code`",
    ":red[red] #tag https://evil.example/x www.evil.example",
    "%{customdata}<br>",
]


INTERPRETED = """() => [...document.querySelectorAll(
        'img[src=x], a[href^="javascript"], a[href*="evil.example"], b, strong')]
    .filter(tag => !['B', 'STRONG'].includes(tag.tagName) || /^(out|bold)/.test(tag.textContent))
    .map(tag => tag.outerHTML)"""
"""What the names would be if they were not literal."""


def literal(name: str) -> re.Pattern:
    """The name as text. An invisible character may break a URL, so that it does not become a link."""
    return re.compile(re.escape(name).replace(":/", ":\u2060?/").replace("/", "."))  # Playwright's selectors end at "/"


@pytest.fixture(scope="module")
def hostile_server(make_server, sample_run):
    """A server with one run for each hostile name, all with hostile classes."""
    server = make_server(IMGCLS_STANDBY="off")
    for number, name in enumerate(NAMES[:4]):
        folder = server.add(sample_run, f"hostile-{number}")
        (folder / "label.txt").write_text(name)
        facts = json.loads((folder / "model.json").read_text())
        (folder / "model.json").write_text(json.dumps(facts | {"classes": NAMES}))
    yield server.start()
    server.close()


@pytest.mark.parametrize("number", range(4))
def test_hostile_names_are_shown_literally_on_every_page(number, visit, hostile_server):
    run = f"?run=hostile-{number}"
    headings = steps.PAGES | {
        f"/train{run}": literal(NAMES[number]),
        f"/evaluate{run}": "Evaluate",
        f"/predict{run}": "Predict",
    }
    for address, heading in headings.items():
        if "?" not in address and number:
            continue  # Pages without a selected run are the same for all.
        page = visit(hostile_server, address)
        steps.shows(page, heading)
        assert page.evaluate(INTERPRETED) == []
        text = steps.main(page).inner_text()
        if address == "/":
            for name in NAMES[:4]:
                assert literal(name).search(text)
        if address.startswith("/evaluate"):
            assert sum(f"predicted {name}" in text or f"actually {name}" in text for name in NAMES) >= 2
            page.locator(".st-key-predictions-shown").get_by_role("radio", name="Correct").click()
            steps.settled(page)
        if address.startswith(("/evaluate?", "/predict?")):
            page.get_by_role("combobox").first.click()
            for name in NAMES[:4]:
                expect(page.get_by_role("option").filter(has_text=literal(name))).to_be_visible()
        visit.leave(page)
    # Forbidden events (dialogs, outside requests) are checked when the visits end.


def truncate(name: str) -> Callable[[Path], None]:
    def cut(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return cut


def drop(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def empty(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(b"")


CORRUPTIONS = {
    "truncated-result": truncate("result.json"),
    "no-config": drop("config.json"),
    "empty-metrics": empty("metrics.jsonl"),
    "truncated-tflite": truncate("model.tflite"),
    "truncated-model": truncate("model.json"),
}
"""One of each kind; the page tests without a browser cover all of them, on all pages."""
REPORTED = {
    "truncated-result": {"/train": "damaged"},
    "no-config": {"/train": "config.json"},
    "empty-metrics": {"/train": ""},
    "truncated-tflite": {"/evaluate": "", "/predict": "damaged"},
    "truncated-model": {"/evaluate": "damaged", "/predict": "damaged"},
}
"""The pages that report each damage with a word of its message, or show the run as if nothing had happened."""


@pytest.fixture(scope="module")
def damaged_server(make_server, sample_run):
    """A server with an intact run and one for each kind of damage."""
    server = make_server(IMGCLS_STANDBY="off")
    server.add(sample_run)
    for name, corruption in CORRUPTIONS.items():
        folder = server.add(sample_run, name)
        (folder / "label.txt").write_text(name)
        corruption(folder)
    yield server.start()
    server.close()


@pytest.mark.parametrize("page_name", ["/", "/runs", "/evaluate?run=sample", "/predict?run=sample"])
def test_damaged_runs_do_not_affect_other_runs(page_name, visit, damaged_server):
    page = visit(damaged_server, page_name)
    steps.shows(page, steps.PAGES[page_name.partition("?")[0]])
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    if page_name == "/runs":
        expect(steps.main(page)).to_contain_text(f"{len(CORRUPTIONS) + 1} runs")


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_damaged_run_shows_one_error_on_affected_pages(corruption, visit, damaged_server):
    for address, word in REPORTED[corruption].items():
        page = visit(damaged_server, f"{address}?run={corruption}")
        steps.shows(page, corruption if address == "/train" else steps.PAGES[address])
        if address == "/predict" and corruption != "truncated-model":
            _draw(page)
        if not word:
            expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
        else:
            expect(steps.main(page)).to_contain_text(word)
            assert page.get_by_test_id("stAlert").count() <= 1
        assert "Something went wrong" not in steps.main(page).inner_text()
        visit.leave(page)


def _draw(page) -> None:
    canvas = page.locator(".st-key-canvas canvas").last
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 140, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 220, steps=8)
    page.mouse.up()
    expect(page.locator(".prediction").or_(page.get_by_test_id("stAlert").first)).to_be_visible()
