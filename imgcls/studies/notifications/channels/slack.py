"""Slack: an incoming webhook of a workspace."""

from collections.abc import Sequence

from imgcls.studies.notifications.channels import post
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings


def is_on(settings: Settings) -> bool:
    """Whether there is an address."""
    return bool(settings.slack)


def send(settings: Settings, events: Sequence[Event]) -> None:
    """Posts a message; Slack's three control characters are escaped, so that a run's name mentions nobody."""
    lines = (f"*{_escaped(event.title)}*\n{_escaped(event.text)}".strip() for event in events)
    post(settings.slack, {"text": "\n\n".join(lines)})


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("*", "∗")
