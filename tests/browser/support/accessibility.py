"""axe-core on an open page: the rules of WCAG 2.2, A and AA, and the order of headings."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BEST_PRACTICE = ["heading-order"]
"""Rules beyond WCAG: who moves from heading to heading misses no level."""
TRIES, PAUSE = 6, 500
"""What axe finds counts only if it stays: while the theme changes, a text may have its colour before its background.
Milliseconds."""


def violations(page: Page, rule: str = "") -> list[str]:
    """What axe finds on the page, as rule, selector and message; of one rule if it is named."""
    only = {"type": "rule", "values": [rule]} if rule else {"type": "tag", "values": LEVELS}
    rules = {} if rule else {name: {"enabled": True} for name in BEST_PRACTICE}
    options = {"runOnly": only, "rules": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['target']}: {node['failureSummary']}" for one in found for node in one["nodes"]]


def check(page: Page) -> None:
    """Fails if the page violates a rule in light mode, or the contrast is too low in dark mode."""
    page.bring_to_front()  # a tab in the background paints only about once a second
    page.mouse.move(0, 0)
    for scheme, rule in (("light", ""), ("dark", "color-contrast")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if scheme == "dark":
            page.wait_for_timeout(PAUSE)
        for _ in range(TRIES):
            if not (found := violations(page, rule)):
                break
            page.wait_for_timeout(PAUSE)
        assert not found, f"{scheme}: {found}"
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
