"""Brings a control of the page into view, once: what a lesson marks may be below the fold."""

from imgcls.ui.components.component import own_component


def show(selector: str, occasion: str, cookie: str = "") -> None:
    """Scrolls to the first element with this CSS selector as soon as it is there, unless one of them is in view.

    Once for each `occasion`: later the visitor scrolls as they like. The browser keeps the `cookie` until it is closed.
    """
    own_component("reveal", "")(key="reveal", data={"selector": selector, "occasion": occasion, "cookie": cookie})
