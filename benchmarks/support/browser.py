"""Chromium for benchmarks: the installed one, or Playwright's own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.support.report_line import Missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
VIEW = {"width": 1280, "height": 1000}


@contextmanager
def chromium(*flags: str) -> Iterator:
    """A running browser without a page, with these flags, too; each `new_context` is a visitor who was never here."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise Missing("Playwright is missing: pip install -r requirements-dev.txt.") from None
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *flags])
        except Error:
            raise Missing("There is no browser: install Chromium, or run `playwright install chromium`.") from None
        try:
            yield browser
        finally:
            browser.close()
