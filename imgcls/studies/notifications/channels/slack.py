"""Slack: an incoming webhook of a workspace."""

from collections.abc import Sequence

from imgcls.studies.notifications.channels import post
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings
from imgcls.system.addresses import unlinked_domains


def is_on(settings: Settings) -> bool:
    """Whether there is an address."""
    return bool(settings.slack)


def send(settings: Settings, events: Sequence[Event]) -> None:
    """Posts a message. A run's name becomes no link and mentions no one: Slack's control characters are escaped."""
    parts = [_part(settings, event) for event in events]
    post(settings.slack, {"text": "\n\n".join(parts), "unfurl_links": False, "unfurl_media": False})


def _part(settings: Settings, event: Event) -> str:
    link = settings.link(event.link)
    lines = (f"*{_escaped(event.title)}*", _escaped(event.text), f"<{link}|Open in imgcls>" if link else "")
    return "\n".join(filter(None, lines))


def _escaped(text: str) -> str:
    return unlinked_domains(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("*", "∗")
