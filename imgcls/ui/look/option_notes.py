"""Notes beside the options of a select box, written by style rules.

They are no part of the option, whose text is its value in the URL. A narrow list has them as a second line.
"""

import json
from collections.abc import Mapping

WIDE = "38rem"
"""From this width on, a list has its notes beside the options."""
ROOM = "27rem"
"""What is kept free for them there."""


def rules(label: str, notes: Mapping[int, str], wide: Mapping[int, str] | None = None) -> str:
    """The rules for the list of the select box with this label.

    Args:
        label: Of the select box.
        notes: Position of an option -> its note.
        wide: Longer ones, for a wide list.
    """
    options = f"[role=listbox][aria-label={_quoted(label)}]"
    second_line = "{align-self:stretch;padding-block:2px 1rem;margin-block:2px;line-height:1.25}"
    below = "{inset-inline:0.8125rem 0.5rem;top:auto;bottom:4px;transform:none;line-height:1.2}"
    found = [
        f"@container (max-width:{WIDE}){{{options} [data-item-hl]{second_line}{options}>[data-key]::after{below}}}",
        f"@container (min-width:{WIDE}){{{options} [data-item-hl]{{padding-inline-end:{ROOM}}}}}",
        *(_note(options, number, text) for number, text in notes.items()),
        *(f"@container (min-width:{WIDE}){{{_note(options, at, text)}}}" for at, text in (wide or {}).items()),
    ]
    return f"<style>{''.join(found)}</style>"


def _note(options: str, number: int, text: str) -> str:
    return f"{options} [data-key='{number}']::after{{content:{_quoted(text)}}}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("<", r"\3c ")
