"""Brings a control of the page into view, once: what a lesson marks may be below the fold."""

from imgcls.ui.components.component import own_component


def show(selector: str, occasion: str, cookie: str = "") -> None:
    """Scrolls to the elements with this CSS selector as soon as one is there, unless they are in view: if not all fit,
    to the first.

    Once for each `occasion`: later the visitor scrolls as they like. The browser keeps the `cookie` until it is closed.
    """
    own_component("reveal", "")(key="reveal", data={"selector": selector, "occasion": occasion, "cookie": cookie})
