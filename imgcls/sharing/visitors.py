"""Visitors, and which one acts at the moment.

A page or a request of the API acts for the visitor that its cookie names. A process that no visitor talks to (the
command line, the queue, a trainer) acts for the owner of the server.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from imgcls.sharing import modes


class Role(StrEnum):
    """What somebody is on this server, from least to most. A moderator is a member who may do more in their class."""

    GUEST = "guest"
    MEMBER = "member"
    MODERATOR = "moderator"
    TEACHER = "teacher"
    OWNER = "owner"


@dataclass(frozen=True)
class Visitor:
    """Somebody who uses the server.

    Attributes:
        id: Which browser it is: letters and digits; "" for the server itself and for somebody without a cookie.
        role: What the server knows them as.
        name: As others see it; "" until they enter one.
        room: The room they have joined, or whose teacher they are; "" if none.
        taught: The rooms whose teacher they are or were, also closed ones.
    """

    id: str
    role: Role = Role.GUEST
    name: str = ""
    room: str = ""
    taught: frozenset[str] = frozenset()

    @property
    def shown_name(self) -> str:
        """Their name, or something to tell them from other visitors without one."""
        return self.name or (f"Visitor {self.id[:4]}" if self.id else "the owner of the server")


SERVER = Visitor("", Role.OWNER)
"""The server itself: its command line, its queue, and everybody in local mode."""
NOBODY = Visitor("")
"""A visitor without a cookie, who owns nothing."""

_acting: ContextVar[Visitor | None] = ContextVar("visitor", default=None)
_provider: Callable[[], Visitor] | None = None


def current() -> Visitor:
    """Who acts at the moment.

    Raises:
        SettingError: IMGCLS_MODE names no mode.
    """
    if not modes.is_shared():
        return SERVER
    acting = _acting.get()
    if acting is not None:
        return acting
    return SERVER if _provider is None else _provider()


@contextlib.contextmanager
def acting_as(visitor: Visitor) -> Iterator[None]:
    """Inside the block, and in the threads that it awaits, `visitor` acts."""
    token = _acting.set(visitor)
    try:
        yield
    finally:
        _acting.reset(token)


def provide(provider: Callable[[], Visitor] | None) -> None:
    """Let `provider` say who acts wherever `acting_as` has not: the pages, whose code runs in threads of Streamlit's.

    From then on, code of this process that acts for no visitor has no rights, unless it says `acting_as(SERVER)`.
    """
    global _provider
    _provider = provider
