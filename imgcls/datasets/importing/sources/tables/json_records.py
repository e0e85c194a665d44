"""JSON, JSON lines, and JSON in the fields of a table become flat records of text: key -> value.

Nested keys are joined by dots: {"data": {"image": "1.jpg"}} has the key `data.image`. The values of a list are joined
by `LABEL_SEPARATOR`, and so are those of the same key in a list of objects: {"tags": [{"name": "a"}, {"name": "b"}]}.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from imgcls.datasets.importing.class_names import visible
from imgcls.errors import SourceError

LABEL_SEPARATOR = "\x1f"
"""Joins a list of labels: no label contains the unit separator."""
ENTRY = "entry"
VIA_IMAGES = "_via_img_metadata"
"""What a project of VGG's Image Annotator calls its images, next to its settings."""
MAX_DEPTH, MAX_LIST = 10, 1_000
"""Deeper or longer content is kept as JSON text: it is no label."""

Records = list[tuple[int, dict[str, str]]]


def of_text(text: str, name: str, is_file: Callable[[str], bool]) -> tuple[Records, str]:
    """(number, flat record) of each object, and what the numbers count.

    Raises:
        SourceError: it is not valid, or holds no objects; the message names the row.
    """
    try:
        whole = json.loads(text)
    except ValueError as error:
        return _json_lines(text, name, error), "row"
    except RecursionError:
        raise SourceError(f"{name} is nested too deeply. Expected a list of objects.") from None
    if isinstance(whole, dict):
        whole = whole.get(VIA_IMAGES, whole)
    if isinstance(whole, dict) and isinstance(whole.get("classes"), list) and isinstance(whole.get("labels"), dict):
        whole = _named_labels(whole["classes"], whole["labels"])
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        if len(lists) == 1 and not any(isinstance(value, dict) for value in whole.values()):
            whole = lists[0]
        else:
            whole = list(_of_mapping(whole, is_file)) or [whole]
    found = [(number, flat(record)) for number, record in enumerate(whole, 1) if isinstance(record, dict)]
    if not found:
        raise SourceError(f"{name} holds no list of objects. Expected one object per image, with file name and label.")
    return found, ENTRY


def of_fields(title: str, fields: Sequence[str]) -> dict[int, dict[str, str]]:
    """The flat record of each field of a column, by its place; empty unless all fields are JSON objects, or empty."""
    found = {}
    for place, field in enumerate(fields):
        try:
            content = json.loads(field) if field else {}
        except (ValueError, RecursionError):
            return {}
        if not isinstance(content, dict) and not (content and all(isinstance(part, dict) for part in content)):
            return {}
        found[place] = flat({title: content})
    return found


def flat(record: dict[str, Any], before: str = "", depth: int = 0) -> dict[str, str]:
    """The values of a record as text, by their keys."""
    found: dict[str, str] = {}
    for key, value in record.items():
        key = f"{before}{key}"
        if isinstance(value, dict) and depth < MAX_DEPTH:
            found |= flat(value, f"{key}.", depth + 1)
        elif isinstance(value, list) and all(isinstance(part, str) for part in value):
            found[key] = LABEL_SEPARATOR.join(map(visible, value))
        elif _is_list_of_objects(value) and depth < MAX_DEPTH:
            parts: dict[str, dict[str, None]] = {}
            for part in value:
                for inner, text in flat(part, f"{key}.", depth + 1).items():
                    parts.setdefault(inner, {})[text] = None
            found |= {inner: LABEL_SEPARATOR.join(filter(None, texts)) for inner, texts in parts.items()}
        elif isinstance(value, bool):
            found[key] = "1" if value else "0"
        elif value is None:
            found[key] = ""
        else:
            found[key] = visible(value if isinstance(value, str) else json.dumps(value))
    return found


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MAX_LIST and all(isinstance(part, dict) for part in value)


def _json_lines(text: str, name: str, error: ValueError) -> Records:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            why = f" ({error})" if number == 1 else ""
            raise SourceError(f"{name}, row {number} is not valid JSON{why}. Fix that row.") from None
        if not isinstance(record, dict):
            raise SourceError(
                f"{name}, row {number} is not a JSON object. Expected a file name and a label in each row."
            )
        found.append((number, flat(record)))
    return found


def _named_labels(classes: Sequence[Any], labels: dict[str, Any]) -> dict[str, Any]:
    """The labels of FiftyOne's `{"classes": ["cat", "dog"], "labels": {"1": 0}}` with the names of their classes."""
    names = dict(enumerate(classes))
    return {key: names.get(value, value) if isinstance(value, int) else value for key, value in labels.items()}


def _of_mapping(whole: dict[str, Any], is_file: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    """{"1.jpg": "cat"}, {"1.jpg": {"label": "cat"}} or {"cat": ["1.jpg", ...]} as records."""
    for key, value in whole.items():
        if isinstance(value, dict):
            yield {"file": key} | value
        elif isinstance(value, list) and any(isinstance(other, str) and is_file(other) for other in value):
            yield from ({"file": str(other), "label": key} for other in value)
        elif isinstance(value, (str, int, float, list)):
            yield {"file": key, "label": value}
