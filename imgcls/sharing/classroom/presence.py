"""Who has which page open. Only this server's process knows it: pages report themselves every few seconds."""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

AWAY_SECONDS = 30.0
"""A page reports itself far more often; a phone with its screen off does not."""
MOST = 5_000
CANVASES = ("home", "predict")
"""Paths of pages with a canvas: what others open there is empty, as a drawing is in the session of who draws it."""
OWN = ("you", "class")
"""Paths of pages on which whoever follows somebody would see themselves."""


@dataclass(frozen=True)
class Place:
    """What somebody looks at: the title of a page, its path in the address, and the parameters there.

    `is_blank` if it is a canvas on which nothing has been drawn; `reads` is what the network says of a drawing there,
    such as "7 · 95%", in their language.
    """

    title: str = ""
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    is_blank: bool = False
    reads: str = ""

    @property
    def is_followed(self) -> bool:
        """Whether others can open what is shown here."""
        return bool(self.path) and self.path not in OWN


NOWHERE = Place()
_seen: dict[str, tuple[float, Place, float]] = {}
"""Visitor ID -> when a page of theirs was last open, what others see of them, and when that page was last open."""
_lock = threading.Lock()


def note(visitor_id: str, place: Place = NOWHERE) -> None:
    """A page of this visitor is open now. One that others cannot see does not replace one that is also open."""
    now = time.monotonic()
    with _lock:
        before = _seen.pop(visitor_id, None)  # so that the oldest stay at the front
        shown_at = now if place.is_followed else -math.inf
        if before is not None and not place.is_followed and now - before[2] < AWAY_SECONDS:
            _, place, shown_at = before
        _seen[visitor_id] = now, place, shown_at
        while len(_seen) > MOST:
            del _seen[next(iter(_seen))]


def seconds_since(visitor_id: str) -> float | None:
    """Seconds since a page of this visitor was last open; None if not since the server was started."""
    found = _seen.get(visitor_id)
    return None if found is None else time.monotonic() - found[0]


def is_present(visitor_id: str) -> bool:
    """Whether a page of this visitor is open."""
    since = seconds_since(visitor_id)
    return since is not None and since < AWAY_SECONDS


def place_of(visitor_id: str) -> Place | None:
    """What a visitor looks at now; None if they have no page open, or another server shows it."""
    return _seen[visitor_id][1] if is_present(visitor_id) else None
