"""The code in the terminal that makes a visitor the owner of the server. Each works once, then a new one is printed.

Only who sees the terminal (or the log) of the server can know it. Wrong guesses are limited for all visitors together:
at ten a minute, guessing one of 2.8e14 codes takes longer than the server lives.
"""

import hmac
import secrets
import threading
import time
from collections import deque

from imgcls.errors import UserError
from imgcls.sharing import modes, people
from imgcls.sharing.modes import Mode
from imgcls.sharing.visitors import Role

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that look alike."""
LENGTH = 10
MOST_GUESSES, GUESS_SECONDS = 10, 60.0

_code = ""
_guesses: deque[float] = deque()
_lock = threading.Lock()


def announce() -> str:
    """Print the code that is valid at the moment, and return it."""
    global _code
    with _lock:
        _code = _code or "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        code = f"{_code[:5]}-{_code[5:]}"
    what = "This server has an owner. For another browser" if has_owner() else "To become the owner of this server"
    page = "Class" if modes.mode() is Mode.CLASSROOM else "You"
    print(f"{what}, enter this code on the “{page}” page (it works once): {code}", flush=True)
    return code


def has_owner() -> bool:
    """Whether somebody has entered a code."""
    return any(person.role is Role.OWNER for person in people.everybody())


def redeem(text: str, visitor_id: str) -> None:
    """Make a visitor the owner, if the code is right.

    Raises:
        UserError: it is wrong, there were too many guesses, or it cannot be noted.
    """
    global _code
    given = "".join(letter for letter in text.upper() if letter in LETTERS)
    with _lock:
        now = time.monotonic()
        while _guesses and now - _guesses[0] > GUESS_SECONDS:
            _guesses.popleft()
        if len(_guesses) >= MOST_GUESSES:
            raise UserError("There were too many wrong codes. Try again in a minute.")
        if not _code or not hmac.compare_digest(given.encode(), _code.encode()):
            _guesses.append(now)
            raise UserError("This is not the code in the server's terminal. Each code works only once.")
        people.change(visitor_id, role=Role.OWNER)
        _code = ""
    announce()
