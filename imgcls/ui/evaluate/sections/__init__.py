"""The sections of the Evaluate page. To add one, add a file here; nothing else needs to change.

A section is a module with

    TITLE            its name in the navigation and in the URL (`view=`)
    GROUP            one of `links.GROUPS`, under which the navigation lists it
    ORDER            its place in the group, ascending
    USES_SELECTION   whether it shows only the images that the filters keep, so that the scores above it do, too
    SUPPORTS         the kinds of runs it can show: "single" (label), "multi" (label) or both
    show(run, predictions)

and optionally

    GOES_THROUGH_SELECTION   whether it shows one image and goes through those that the filters keep, while the scores
                             cover all of them
    applies(predictions)   whether the section has something to show for this run; without it, it always has

`predictions` is `Predictions` of the test set, or `Decisions` for a multi-label run; both are in
`imgcls.evaluation.predictions`. Modules are imported when the page is first opened.
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

from imgcls.ui.evaluate import links

SINGLE, MULTI = "single", "multi"


def applies(section: ModuleType, predictions: Any) -> bool:
    """Whether a section has something to show for these predictions."""
    return not hasattr(section, "applies") or section.applies(predictions)


@cache
def available(kind: str) -> dict[str, ModuleType]:
    """The sections for runs of a kind (`SINGLE` or `MULTI`), in order: title -> module."""
    names = [entry.name for entry in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    modules.sort(key=lambda one: (links.GROUPS.index(one.GROUP), one.ORDER))
    return {module.TITLE: module for module in modules if kind in module.SUPPORTS}
