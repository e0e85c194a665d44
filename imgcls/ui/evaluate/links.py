"""Links within the Evaluate page, so that no section has to import another one or the page."""

from collections.abc import Iterable
from urllib.parse import urlencode

from imgcls.languages import N_
from imgcls.runs import Run

ERRORS, SINGLE_IMAGE, EPOCH_HISTORY, EXPORT = "Errors", "Single image", "Epoch history", "Export"
"""Titles of sections that others link to."""
WRONG, WHY, RELIABLE, TAKE = N_("What is wrong"), N_("Why"), N_("How reliable"), N_("Take it with you")
GROUPS = WRONG, WHY, RELIABLE, TAKE
"""The groups of sections, in the order of the navigation."""


def section(run: Run, title: str, **query: str | int) -> str:
    """The URL of a section."""
    return "?" + urlencode({"run": run.id, "view": title, **query})


def image(run: Run, index: int, filters: Iterable[tuple[str, str]] = ()) -> str:
    """The URL of the section about one test image. It goes through the images that the `filters` keep, which are URL
    parameters with their values."""
    return section(run, SINGLE_IMAGE, **dict(filters), image=int(index))
