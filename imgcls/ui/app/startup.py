"""What happens once, when the server starts."""

import gc
import importlib
import logging
import threading
from collections.abc import Iterable

from streamlit import config

from imgcls import datasets, jobs, sharing, studies
from imgcls.errors import UserError
from imgcls.sharing import acting_as, background, owner_code
from imgcls.sharing.classroom import join_link
from imgcls.sharing.visitors import SERVER
from imgcls.studies.notifications import watcher
from imgcls.system import json_logs, processes
from imgcls.ui.app import theme_patch
from imgcls.ui.visitors import exposure, visitor

DEFAULT_DATA = "mnist_sample"
LATE = ("pandas", "plotly.graph_objects", "ai_edge_litert.interpreter", "streamlit_drawable_canvas", "scipy.ndimage")
"""Needed by pages but not by the first paint: half a second of imports."""

PAGES = tuple(f"imgcls.ui.{name}.page" for name in ("home", "data", "train", "runs", "evaluate", "predict", "you"))
"""What a class opens at once. Its first visitors would wait for three seconds of imports, and all others with them."""

SOON_SECONDS = 2.0
"""By then the first page is painted; these imports would delay it."""

YOUNG_OBJECTS = 5_000
"""Threshold of the garbage collector's youngest generation (Python's default is 700)."""

WELCOME = "logger.hideWelcomeMessage"

_loading = threading.Lock()
_loaded = _is_planned = False


def begin() -> None:
    """Cleans up the runs folder, starts queued runs, and prepares the default dataset for a first Start."""
    processes.return_freed_memory()
    if json_logs.are_wanted():
        json_logs.install(as_json=True)
    logging.getLogger("imgcls").setLevel(logging.INFO)
    theme_patch.install()
    advertise_nothing()
    config.on_config_parsed(advertise_nothing, force_connect=True)
    visitor.install()
    background.install()
    join_link.note_listening(config.get_option("server.address"))
    with acting_as(SERVER):
        _begin_work()
    if sharing.is_shared():
        load_late(PAGES)
        owner_code.announce()
        if warning := exposure.nobody_can_join():
            print(warning, flush=True)
    elif warning := exposure.warning():
        logging.getLogger(__name__).warning(warning)
    # A rerun creates a few thousand objects, nearly all of which are gone when it ends.
    gc.set_threshold(YOUNG_OBJECTS)
    # Everything imported so far stays for good; the collector can ignore it.
    gc.freeze()


def advertise_nothing() -> None:
    """No page offers to install Streamlit's skills for coding agents, which it does to whoever runs it on a desktop.

    Streamlit leaves that out together with its welcome message. The message has been printed when the app begins, so
    the terminal still shows the address.
    """
    if not config.get_option(WELCOME):
        config.set_option(WELCOME, True)


def _begin_work() -> None:
    jobs.sweep()
    jobs.watch()
    studies.drive_all()
    watcher.watch()
    try:
        if not datasets.is_ready(DEFAULT_DATA):
            datasets.start_fetch(DEFAULT_DATA)
    except (UserError, OSError):
        # The pages offer to prepare it again and say what is wrong; the server should start without it.
        logging.getLogger(__name__).exception("The default dataset could not be prepared at start-up.")


def load_soon() -> None:
    """Imports them in a moment, while the visitor reads Home, so that the next page opens half a second sooner."""
    global _is_planned
    if _loaded or _is_planned:
        return
    _is_planned = True
    timer = threading.Timer(SOON_SECONDS, load_late)
    timer.daemon = True
    timer.start()


def load_late(more: Iterable[str] = ()) -> None:
    """Imports the modules in `LATE` and these, once and in one thread.

    Two threads that import pandas at the same moment by different paths get a half-initialised module.
    """
    global _loaded
    if _loaded:
        return
    with _loading:
        for name in (*LATE, *more):
            importlib.import_module(name)
        gc.freeze()
        _loaded = True
