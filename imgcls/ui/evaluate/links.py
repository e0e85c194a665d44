"""Links within the Evaluate page, so that no section has to import another one or the page."""

from urllib.parse import urlencode

from imgcls.runs import Run

SINGLE_IMAGE, EPOCH_HISTORY, EXPORT = "Single image", "Epoch history", "Export"
"""Titles of sections that others link to."""


def section(run: Run, title: str, **query: str | int) -> str:
    """The URL of a section."""
    return "?" + urlencode({"run": run.id, "view": title, **query})


def image(run: Run, index: int) -> str:
    """The URL of the section about one test image."""
    return section(run, SINGLE_IMAGE, image=int(index))
