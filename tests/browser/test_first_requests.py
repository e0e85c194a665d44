"""Deep links as the first request to a server, origins of resources, memory."""

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


@pytest.fixture
def own_server(make_server, sample_run):
    """A server that has just been started, with the sample run; nobody trains there."""
    server = make_server(IMGCLS_STANDBY="off")
    server.add(sample_run)
    yield server.start()
    server.close()


def loads_nothing_foreign(page: Page) -> bool:
    """Whether every resource of the page comes from this server, including the favicon."""
    named = page.evaluate(
        """() => [...document.querySelectorAll('link[href], script[src], img[src], iframe[src]')]
            .map(tag => tag.href || tag.src).filter(url => !/^(data|blob|about):/.test(url))"""
    )
    return bool(named) and {urlsplit(url).netloc for url in named} == {urlsplit(page.url).netloc}


@pytest.mark.parametrize("link", ["/data", "/predict?run=sample"])
def test_a_deep_link_as_the_first_request_shows_the_page_with_its_navigation(link, visit, own_server):
    page = visit(own_server, link)
    is_whole(page, link, visit, own_server)


def is_whole(page: Page, link: str, visit, own_server) -> None:
    """Checks a page with its navigation, and where its parts came from."""
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


@pytest.mark.parametrize(("link", "title", "modes"), [("/you", "You", "demo"), ("/class", "Class", "classroom")])
def test_the_address_of_a_page_of_another_mode_says_so(link, title, modes, visit, server):
    page = visit(server, link)
    steps.shows(page, title)
    expect(steps.main(page)).to_contain_text("imgcls app --mode classroom")
    expect(steps.main(page)).to_contain_text(modes)
    expect(steps.main(page)).to_contain_text("This server runs in the mode “local”.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name=title, exact=True)).to_have_count(0)
    steps.main(page).get_by_role("link", name="Home").click()
    steps.shows(page, steps.PAGES["/"])


@pytest.mark.parametrize("number", ["inf", "nan", "1e400"])
def test_a_link_with_a_number_that_is_none_opens_its_page_and_says_so(number, visit, server):
    page = visit(server, f"/train?batch_size={number}")
    steps.shows(page, "Train a model")
    expect(steps.main(page).get_by_text(f"The link sets “batch_size” to '{number}'")).to_be_visible()
    assert "batch_size" not in page.url


def test_from_the_first_request_on_memory_stays_small_and_tensorflow_is_never_imported(visit, own_server):
    for number, link in enumerate(LINKS):
        page = visit(own_server, link)
        if number == 0:
            is_whole(page, link, visit, own_server)
        steps.shows(page, LINKS[link])
        visit.leave(page)
    assert psutil.Process(own_server.pid).memory_info().rss < 300e6
    if sys.platform == "linux":
        loaded = Path(f"/proc/{own_server.pid}/maps").read_text()
        assert "tensorflow" not in loaded
        assert "keras" not in loaded
