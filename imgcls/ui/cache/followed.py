"""What the files of a run said at its last update: read once for all pages that follow the same run.

An update needs a dozen files of a run. A class that follows one run would read each of them twenty times per second.
"""

import threading
import time
from dataclasses import dataclass

from imgcls.runs.metrics_log import Curves
from imgcls.runs.requests import RunRequest
from imgcls.runs.run import Run
from imgcls.ui.cache import curves as cached_curves

SHARED_SECONDS = 0.3
"""For how long pages show what one of them has read. Less than between two updates of one page, so a page that follows
a run alone always reads by itself."""


@dataclass(frozen=True)
class Look:
    """The state of a run, what is requested of it, and its metrics, at one moment."""

    state: str
    request: RunRequest
    curves: Curves


_looks: dict[Run, tuple[float, Look]] = {}
_lock = threading.Lock()


def look(run: Run) -> Look:
    """Reads the files of a run now, for everyone who follows it. For the page of someone who may just have acted."""
    found = Look(run.state, run.request, cached_curves.curves(run))
    now = time.monotonic()
    with _lock:
        for other in [other for other, (at, _) in _looks.items() if now - at >= SHARED_SECONDS]:
            del _looks[other]
        _looks[run] = now, found
    return found


def recent(run: Run) -> Look:
    """What was read of a run less than `SHARED_SECONDS` ago, or else what its files say now."""
    with _lock:
        at, found = _looks.get(run, (0.0, None))
    return found if found is not None and time.monotonic() - at < SHARED_SECONDS else look(run)
