"""The cookie that says which browser it is: `<visitor ID>.<seconds since 1970>.<HMAC-SHA256>`.

It names a browser, not a person: whoever has the cookie is that visitor. So it is HttpOnly and SameSite=Lax, and "Sign
out everywhere" makes all cookies worthless that were issued before (`people.Person.valid_from`). Only the key in the
data folder, readable by the owner of the server alone, can sign one.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
import time
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path

from imgcls.sharing import people
from imgcls.system import atomic

NAME = "imgcls_visitor"
MAX_AGE = 365 * 86_400
"""Seconds until a browser forgets it, and until the server refuses it."""
RENEW_AGE = 30 * 86_400
"""After this time it is replaced by a new one of the same visitor."""
EARLY = 300
"""Seconds by which a cookie may be from the future: clocks are set back."""
KEY = "cookie.key"
KEY_BYTES = 32
MOST_LEFT = 10_000
FORM = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9]{1,11})\.([A-Za-z0-9_-]{43})")

_left: OrderedDict[str, None] = OrderedDict()


def new_id() -> str:
    """The ID of a new visitor: 128 random bits, so that none is ever given twice."""
    return secrets.token_urlsafe(16)


def make(visitor_id: str, now: float | None = None) -> str:
    """A cookie for this visitor.

    Raises:
        OSError: the key cannot be read or written.
    """
    signed = f"{visitor_id}.{int(time.time() if now is None else now)}"
    return f"{signed}.{_signature(signed)}"


def read(cookie: str, now: float | None = None) -> str:
    """The visitor whom a cookie names; "" if it is forged, changed, expired, or was made worthless.

    Raises:
        OSError: the key cannot be read or written.
    """
    match = FORM.fullmatch(cookie)
    if not match or cookie in _left or not hmac.compare_digest(match[3], _signature(f"{match[1]}.{match[2]}")):
        return ""
    issued, now = int(match[2]), time.time() if now is None else now
    if not -EARLY <= now - issued < MAX_AGE or issued < people.find(match[1]).valid_from:
        return ""
    return match[1]


def leave(cookie: str) -> None:
    """Make one cookie worthless: its browser has become somebody else, and tabs that were open before must know.

    Until the server is restarted; tabs then connect again with the new cookie of their browser.
    """
    _left[cookie] = None
    while len(_left) > MOST_LEFT:
        _left.popitem(last=False)


def has_left(cookie: str) -> bool:
    """Whether the browser with this cookie has become somebody else."""
    return cookie in _left


def is_old(cookie: str, now: float | None = None) -> bool:
    """Whether a valid cookie should be replaced by a new one."""
    return (time.time() if now is None else now) - int(cookie.split(".")[1]) > RENEW_AGE


def _signature(text: str) -> str:
    return _signed(_key(people.folder() / KEY), text)


@lru_cache(2048)
def _signed(key: bytes, text: str) -> str:
    """Kept, because a page asks many times who its visitor is."""
    digest = hmac.digest(key, f"visitor:{text}".encode("ascii"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


@lru_cache(8)
def _key(path: Path) -> bytes:
    """The key, made at the first use. Of two servers that start at once, both use the one that was linked first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        aside = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)  # unlike a rename, it fails if the other server was faster
        except FileExistsError:
            pass
        except OSError:  # no hard links on this file system
            if not path.exists():
                atomic.replace(aside, path)
        aside.unlink(missing_ok=True)
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise OSError(f"{path} is damaged. Delete it: visitors then get new identities.")
    return key
