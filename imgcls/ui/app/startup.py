"""What happens once, when the server starts."""

import gc
import importlib
import logging
import threading

from imgcls import datasets, jobs
from imgcls.ui.app import theme_patch

DEFAULT_DATA = "mnist_sample"
LATE = ("pandas", "plotly.graph_objects", "ai_edge_litert.interpreter", "streamlit_drawable_canvas")
"""What pages need and the first paint does not. Half a second of imports."""

SOON_SECONDS = 2.0
"""By then the first page is painted, which these imports would hold up."""

YOUNG_OBJECTS = 5_000
"""So many new objects make the collector look; Python's own figure is 700."""

_loading = threading.Lock()
_loaded = _is_planned = False


def begin() -> None:
    """Sweeps the folder of runs, has the waiting ones started, and prepares the default data set for a first Start."""
    logging.getLogger("imgcls").setLevel(logging.INFO)
    theme_patch.keep()
    jobs.sweep()
    jobs.watch()
    try:
        if not datasets.is_ready(DEFAULT_DATA):
            datasets.start_fetch(DEFAULT_DATA)
    except Exception:
        # The pages offer the same again and tell what is wrong; a server that starts is worth more.
        logging.getLogger(__name__).exception("The default data set could not be prepared at the start.")
    # A rerun makes some thousand objects, nearly all of which go when it ends.
    gc.set_threshold(YOUNG_OBJECTS)
    # What was imported until now stays for good: the collector need not look at it any more.
    gc.freeze()


def load_soon() -> None:
    """The same in a moment, beside a visitor who reads the first page: the next one opens half a second sooner."""
    global _is_planned
    if _loaded or _is_planned:
        return
    _is_planned = True
    timer = threading.Timer(SOON_SECONDS, load_late)
    timer.daemon = True
    timer.start()


def load_late() -> None:
    """Imports what is in `LATE`, once and by one thread.

    Two visitors who make pandas be imported at the same moment, each from another side, get it half-made (tried).
    """
    global _loaded
    if _loaded:
        return
    with _loading:
        for name in LATE:
            importlib.import_module(name)
        gc.freeze()
        _loaded = True
