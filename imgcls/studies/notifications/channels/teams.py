"""Microsoft Teams: a workflow webhook, which takes an adaptive card."""

from collections.abc import Sequence
from typing import Any

from imgcls.studies.notifications.channels import post
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings
from imgcls.system.addresses import unlinked_domains


def is_on(settings: Settings) -> bool:
    """Whether there is an address."""
    return bool(settings.teams)


def send(settings: Settings, events: Sequence[Event]) -> None:
    """Posts one card, in which no address of a name becomes a link."""
    rows: list[dict[str, Any]] = []
    for event in events:
        title, text = unlinked_domains(event.title), unlinked_domains(event.text or " ")
        rows.append({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": title, "weight": "bolder"}]})
        rows.append({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]})
        if link := settings.link(event.link):
            opens = {"type": "Action.OpenUrl", "title": "Open in imgcls", "url": link}
            rows.append({"type": "ActionSet", "actions": [opens]})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": rows,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    post(settings.teams, {"type": "message", "attachments": [attachment]})
