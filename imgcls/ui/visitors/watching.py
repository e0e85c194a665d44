"""How often a page follows a training run: every second for a few people, less often for a crowd.

The server renders each update separately for each page, which takes 6 to 8 ms of CPU time. Without this, a hundred
pages would use up one core, and all of them would get their updates late.

A page that changes its pace runs again as a whole. So it begins with the pace of the crowd that is already connected,
because a class opens a run at once, and pages change their pace one after another. For the same reason no two pages
have quite the same pace: otherwise the updates of all would come at the same moment ever after, and most would wait for
the others.
"""

import threading
import time
import zlib

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

MOST_PER_SECOND = 20.0
"""Updates of all pages together."""
LONGEST_SECONDS = 8.0
SLACK = 0.7
"""Pages become faster again only well below the limit, so that one person more or less does not change them."""
FORGET_SECONDS = 2.5 * LONGEST_SECONDS
EXPECTED = 0.5
"""Of the people who are connected, the fraction that a new page expects to watch, too."""
SECONDS_PER_CHANGE = 0.5
"""Between two pages that change their pace."""
APART = 0.2
"""The fraction by which the pace of a page differs from that of the crowd, at most."""

_seen: dict[str, float] = {}
_changed = 0.0
_lock = threading.Lock()


def seconds(usual: float, present: float = 0.0) -> float:
    """Until the next update of the present page, which counts as watching from now on.

    Args:
        usual: For a few people; a crowd gets about 2, 4 or 8 times as much.
        present: What it is now; 0 if the page has just been opened.
    """
    global _changed
    context = get_script_run_ctx(suppress_warning=True)
    now = time.monotonic()
    with _lock:
        _seen["" if context is None else context.session_id] = now
        for session in [session for session, at in _seen.items() if now - at > FORGET_SECONDS]:
            del _seen[session]
        watching = len(_seen) if present else max(len(_seen), int(EXPECTED * _connected()))
        wait = _paced(usual, watching, MOST_PER_SECOND)
        if wait < present:
            wait = min(present, _paced(usual, watching, SLACK * MOST_PER_SECOND))
        if present and wait != present:
            if now - _changed < SECONDS_PER_CHANGE:
                return present
            _changed = now
    return wait


def apart(seconds: float) -> float:
    """About so many seconds, up to a fifth more or less: always the same for one page, and another for the next."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return seconds
    place = zlib.crc32(context.session_id.encode()) / 2**32  # from 0 to 1
    return round(seconds * (1 - APART + 2 * APART * place), 3)


def _connected() -> int:
    """How many pages are connected to the server, whatever they show."""
    if not runtime.exists():
        return 0
    # There is no public function for it.
    sessions = getattr(runtime.get_instance(), "_session_mgr", None)
    return 0 if sessions is None else sessions.num_active_sessions()


def _paced(usual: float, watching: int, most_per_second: float) -> float:
    wait = usual
    while watching > most_per_second * wait and wait < LONGEST_SECONDS:
        wait *= 2
    return wait if wait == usual else apart(wait)
