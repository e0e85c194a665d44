"""A webhook: the events as JSON, for programs."""

from collections.abc import Sequence
from typing import Any

from imgcls.studies.notifications.channels import post
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings


def is_on(settings: Settings) -> bool:
    """Whether there is an address."""
    return bool(settings.webhook)


def send(settings: Settings, events: Sequence[Event]) -> None:
    """Posts {"source": "imgcls", "events": [{kind, title, text, key, at, link, run, state, …}]}; no link without an
    address. What is known of the run or study is next to the other fields."""
    post(settings.webhook, {"source": "imgcls", "events": [_entry(settings, event) for event in events]})


def _entry(settings: Settings, event: Event) -> dict[str, Any]:
    entry = {name: value for name, value in event.as_dict().items() if name not in ("link", "facts")} | event.facts
    link = settings.link(event.link)
    return entry | {"link": link} if link else entry
