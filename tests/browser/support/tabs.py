"""Browser tabs that visits use one after the other."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

from tests.browser.support.steps import SLOW

KEPT = 2
"""Idle tabs that are kept for each kind of visit."""
SET_PER_VISIT = ("viewport", "color_scheme")
"""Options that an open tab can change, so that visits that differ only in them share their tabs."""

DELAY = float(os.environ.get("IMGCLS_SOCKET_DELAY", "0"))
"""Milliseconds by which messages to the server are held back: finds tests that hope instead of wait."""
SOCKET = f"window.socketDelay = {DELAY};\n" + Path(__file__).with_name("socket.js").read_text("utf-8")


class Tabs:
    """Tabs, each in a browser profile of its own, lent to one visit at a time.

    A new profile starts a new process, which compiles the app's JavaScript again: 3 s of CPU time per visit, against
    1 s in a tab that has shown the app before. Between two visits, cookies, permissions and storage are deleted.
    """

    def __init__(self, browser: Browser):
        self._browser = browser
        self._idle: dict[str, list[Page]] = {}
        self._kinds: dict[Page, tuple[str, dict]] = {}

    def take(self, init_script: str = "", **options) -> Page:
        """An empty tab; `options` as for a Playwright context. `init_script` runs before the scripts of each page."""
        kind = repr((init_script, sorted((key, value) for key, value in options.items() if key not in SET_PER_VISIT)))
        if self._idle.get(kind):
            page = self._idle[kind].pop()
            self._kinds[page] = kind, options
            page.set_viewport_size(options["viewport"])
            page.emulate_media(color_scheme=options.get("color_scheme", "light"))
            return page
        context = self._browser.new_context(**options)
        context.set_default_timeout(SLOW)
        context.add_init_script(SOCKET)
        if init_script:
            context.add_init_script(init_script)
        page = context.new_page()
        self._kinds[page] = kind, options
        return page

    def give_back(self, page: Page) -> None:
        """Empties the tab for the next visit, or closes it if there are enough or it cannot be emptied."""
        idle = self._idle.setdefault(self._kinds[page][0], [])
        if len(idle) < KEPT and self._emptied(page):
            idle.append(page)
        else:
            self.close(page)

    def close(self, page: Page) -> None:
        del self._kinds[page]
        page.context.close()

    def _emptied(self, page: Page) -> bool:
        _, options = self._kinds[page]
        context, origin = page.context, urlsplit(page.url)
        if context.pages != [page] or options.get("permissions"):
            return False
        try:
            page.evaluate("() => { sessionStorage.clear(); localStorage.clear(); }")
            page.goto("about:blank")
            session = context.new_cdp_session(page)
            what = {"origin": f"{origin.scheme}://{origin.netloc}", "storageTypes": "indexeddb,local_storage"}
            session.send("Storage.clearDataForOrigin", what)
            session.detach()
            context.clear_cookies()
            context.clear_permissions()
        except BrowserError:
            return False
        return True
