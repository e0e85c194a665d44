"""What happens once, when the server starts."""

import gc
import importlib
import logging
import threading

from imgcls import datasets, jobs
from imgcls.ui import kept_theme

DEFAULT_DATA = "mnist_sample"
LATE = ("pandas", "plotly.graph_objects", "ai_edge_litert.interpreter", "streamlit_drawable_canvas")
"""What pages need and Home does not. Half a second of imports."""

YOUNG_OBJECTS = 5_000
"""So many new objects make the collector look; Python's own figure is 700."""

_loading = threading.Lock()
_loaded = False


def begin() -> None:
    """Sweeps the folder of runs, and prepares the default data set, in a process of its own, for the first Start."""
    logging.getLogger("imgcls").setLevel(logging.INFO)
    kept_theme.keep()
    jobs.sweep()
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
    # The first visitor's browser takes longer than these imports to fetch and start Streamlit's own program.
    threading.Thread(target=load_late, daemon=True).start()


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
