"""Deep links as the first request to a server, origins of resources, narrow and dark screens, memory."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import steps

LINKS = {
    **steps.PAGES,
    "/train?run=sample": "A sample",
    "/evaluate?run=sample": "Evaluate",
    "/predict?run=sample": "Predict",
}


def loads_nothing_foreign(page: Page) -> bool:
    """Whether every resource of the page comes from this server, including the favicon."""
    named = page.evaluate(
        """() => [...document.querySelectorAll('link[href], script[src], img[src], iframe[src]')]
            .map(tag => tag.href || tag.src).filter(url => !/^(data|blob|about):/.test(url))"""
    )
    return bool(named) and {urlsplit(url).netloc for url in named} == {urlsplit(page.url).netloc}


@pytest.mark.parametrize("link", LINKS)
def test_a_deep_link_as_the_first_request_shows_the_page_with_its_navigation(link, visit, own_server):
    page = visit(own_server, link)
    steps.shows(page, LINKS[link])
    for title in ("Home", "Data", "Train", "Runs", "Evaluate", "Predict"):
        expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
    text = page.locator("body").inner_text()
    assert "Page not found" not in text
    assert "Something went wrong" not in text
    assert loads_nothing_foreign(page)
    assert {urlsplit(url).netloc for url in visit.requests if url.startswith(("http", "ws"))} == {
        f"127.0.0.1:{own_server.port}"
    }


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_narrow_screen_needs_no_horizontal_scrolling(link, colours, visit, server):
    page = visit(server, link, viewport={"width": 400, "height": 900}, color_scheme=colours)
    steps.shows(page, LINKS[link])
    too_wide = page.evaluate(
        """() => {
            const wide = [document.scrollingElement, document.querySelector('[data-testid=stMain]')];
            return wide.filter(box => box.scrollWidth > window.innerWidth + 1).map(box => box.scrollWidth);
        }"""
    )
    assert too_wide == []
    background = page.evaluate("() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}[colours]


def test_server_memory_stays_small_and_tensorflow_is_never_imported(visit, own_server):
    for link in LINKS:
        steps.shows(visit(own_server, link), LINKS[link])
    assert psutil.Process(own_server.pid).memory_info().rss < 300e6
    if sys.platform == "linux":
        loaded = Path(f"/proc/{own_server.pid}/maps").read_text()
        assert "tensorflow" not in loaded
        assert "keras" not in loaded
