"""Who has a page open at the moment. Only this server's process knows it: pages report themselves every few seconds."""

import threading
import time

AWAY_SECONDS = 30.0
"""A page reports itself far more often; a phone with its screen off does not."""
MOST = 5_000

_seen: dict[str, float] = {}
_lock = threading.Lock()


def note(visitor_id: str) -> None:
    """A page of this visitor is open now."""
    with _lock:
        _seen.pop(visitor_id, None)  # so that the oldest stay at the front
        _seen[visitor_id] = time.monotonic()
        while len(_seen) > MOST:
            del _seen[next(iter(_seen))]


def seconds_since(visitor_id: str) -> float | None:
    """Seconds since a page of this visitor was last open; None if not since the server was started."""
    at = _seen.get(visitor_id)
    return None if at is None else time.monotonic() - at


def is_present(visitor_id: str) -> bool:
    """Whether a page of this visitor is open."""
    since = seconds_since(visitor_id)
    return since is not None and since < AWAY_SECONDS
