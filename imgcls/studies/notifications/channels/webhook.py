"""A webhook: the events as JSON, for programs."""

from collections.abc import Sequence

from imgcls.studies.notifications.channels import post
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings


def is_on(settings: Settings) -> bool:
    """Whether there is an address."""
    return bool(settings.webhook)


def send(settings: Settings, events: Sequence[Event]) -> None:
    """Posts {"source": "imgcls", "events": [{kind, title, text, key, at, link}]}."""
    post(settings.webhook, {"source": "imgcls", "events": [event.as_dict() for event in events]})
