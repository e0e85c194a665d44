"""How many wrong codes of a class somebody may try. Only this server's process knows it.

A new browser is a new visitor, so addresses are limited as well. Behind a proxy, a whole class may have one address,
which is why it may try more. At 20 a minute, one of 28 million codes is not found during a lesson.
"""

import threading
import time
from collections import deque

from imgcls.errors import UserError

SECONDS = 60.0
OF_VISITOR, OF_ADDRESS = 5, 20
MOST_NAMES = 10_000
"""Beyond this many visitors and addresses with wrong codes in a minute, nobody may try."""

_wrong: dict[str, deque[float]] = {}
_lock = threading.Lock()


def check(visitor_id: str, address: str) -> None:
    """Refuse another try, also of the right code, after too many wrong ones within a minute.

    Raises:
        UserError: there were too many.
    """
    now = time.monotonic()
    with _lock:
        for name, times in list(_wrong.items()):
            while times and now - times[0] > SECONDS:
                times.popleft()
            if not times:
                del _wrong[name]
        most = (("visitor " + visitor_id, OF_VISITOR), ("address " + address, OF_ADDRESS))
        if len(_wrong) >= MOST_NAMES or any(len(_wrong.get(name, ())) >= limit for name, limit in most):
            raise UserError("There were too many wrong codes. Try again in a minute.")


def note_wrong(visitor_id: str, address: str) -> None:
    """Count a wrong code. An unknown address ("") counts as one address."""
    now = time.monotonic()
    with _lock:
        for name in ("visitor " + visitor_id, "address " + address):
            _wrong.setdefault(name, deque()).append(now)


def forget_all() -> None:
    """Start again, as a restart of the server does."""
    with _lock:
        _wrong.clear()
