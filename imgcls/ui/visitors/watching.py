"""How often a page follows a training run: every second for a few people, less often for a crowd.

The server renders each update separately for each page, which takes 6 to 8 ms of CPU time. Without this, a hundred
pages would use up one core, and all of them would get their updates late.
"""

import threading
import time

from streamlit.runtime.scriptrunner import get_script_run_ctx

MOST_PER_SECOND = 20.0
"""Updates of all pages together."""
LONGEST_SECONDS = 8.0
SLACK = 0.7
"""Pages become faster again only well below the limit, so that one person more or less does not change them."""
FORGET_SECONDS = 2.5 * LONGEST_SECONDS

_seen: dict[str, float] = {}
_lock = threading.Lock()


def seconds(usual: float, present: float = 0.0) -> float:
    """Until the next update of the present page, which counts as watching from now on.

    Args:
        usual: For a few people; a crowd gets 2, 4 or 8 times as much.
        present: What it is now; 0 if the page has just been opened.
    """
    context = get_script_run_ctx(suppress_warning=True)
    now = time.monotonic()
    with _lock:
        _seen["" if context is None else context.session_id] = now
        for session in [session for session, at in _seen.items() if now - at > FORGET_SECONDS]:
            del _seen[session]
        watching = len(_seen)
    wait = _wait(usual, watching, MOST_PER_SECOND)
    if wait < present:
        return min(present, _wait(usual, watching, SLACK * MOST_PER_SECOND))
    return wait


def _wait(usual: float, watching: int, most_per_second: float) -> float:
    wait = usual
    while watching > most_per_second * wait and wait < LONGEST_SECONDS:
        wait *= 2
    return wait
