"""The channels, found by name: a module with

is_on(settings)         whether it is set up
send(settings, events)  sends the events as one message; raises OSError, or ValueError for an answer that refuses
"""

import importlib
import json
import pkgutil
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings
from imgcls.system.addresses import unlinked_domains

TIMEOUT_SECONDS = 15.0


@cache
def all_channels() -> dict[str, ModuleType]:
    """Name -> module."""
    names = [entry.name for entry in pkgutil.iter_modules(__path__)]
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def subject(events: Sequence[Event]) -> str:
    """One line about all events, in which no address of a name becomes a link."""
    more = f" and {len(events) - 1} more" if len(events) > 1 else ""
    return unlinked_domains(f"{events[0].title}{more}")


def body(settings: Settings, events: Sequence[Event]) -> str:
    """A paragraph for each event with its link, in which no address of a name becomes a link."""
    parts = []
    for event in events:
        lines = (unlinked_domains(event.title), unlinked_domains(event.text), settings.link(event.link))
        parts.append("\n".join(filter(None, lines)))
    return "\n\n".join(parts)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead into the server's own network."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


def post(url: str, content: dict[str, Any]) -> None:
    """Posts JSON.

    Raises:
        OSError: the server cannot be reached, or refuses.
    """
    request = urllib.request.Request(
        url, json.dumps(content).encode(), {"Content-Type": "application/json", "User-Agent": "imgcls"}
    )
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as answer:
        answer.read(1_000)
