"""JSON, JSON lines, and JSON in the fields of a table become flat records of text: key -> value.

Nested keys are joined by dots: {"data": {"image": "1.jpg"}} has the key `data.image`. The values of a list are joined
by `LABEL_SEPARATOR`, and so are those of the same key in a list of objects: {"tags": [{"name": "a"}, {"name": "b"}]}.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.sources.tables.column_names import part_of
from imgcls.errors import SourceError

LABEL_SEPARATOR = "\x1f"
"""Joins a list of labels: no label contains the unit separator."""
ENTRY = "entry"
VIA_IMAGES = "_via_img_metadata"
"""What a project of VGG's Image Annotator calls its images, next to its settings."""
_CHOICES = '{"choices":'
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
    if isinstance(whole, dict):
        whole = _of_datumaro(whole) or _of_parts(whole) or whole
    if isinstance(whole, list) and whole and all(isinstance(entry, list) for entry in whole):
        whole = list(map(_numbered, whole))
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


def choices(field: str) -> str:
    """The labels in `{"choices": ["cat", "dog"]}`, as Label Studio writes several; other fields stay as they are."""
    if not field.startswith(_CHOICES):
        return field
    try:
        content = json.loads(field)
    except (ValueError, RecursionError):
        return field
    found = content.get("choices")
    is_list = len(content) == 1 and isinstance(found, list) and all(isinstance(label, str) for label in found)
    return LABEL_SEPARATOR.join(map(visible, found)) if is_list else field


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


def _of_parts(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of `{"train": [{…}, …], "test": [{…}, …]}` with their part; empty for other content."""
    if not all(part_of(key) and isinstance(value, list) for key, value in whole.items()):
        return []
    entries = [(key, _numbered(entry) if isinstance(entry, list) else entry) for key in whole for entry in whole[key]]
    are_records = all(isinstance(entry, dict) for _, entry in entries)
    return [{"split": key} | entry for key, entry in entries] if are_records else []


def _numbered(entry: list[Any]) -> dict[str, Any]:
    """A row that is a list, such as ["1.jpg", 0, "cat"], with a key for each place."""
    return {str(place): value for place, value in enumerate(entry, 1)}


def _of_datumaro(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The file and the names of the labels of each item of Datumaro, as CVAT exports it; empty for other content."""
    try:
        names = [label["name"] for label in whole["categories"]["label"]["labels"]]
        return [
            {
                "file": item.get("image", {}).get("path") or item["id"],
                "label": list(
                    dict.fromkeys(names[one["label_id"]] for one in item["annotations"] if "label_id" in one)
                ),
            }
            for item in whole["items"]
        ]
    except (KeyError, TypeError, IndexError, AttributeError):
        return []


def _of_mapping(whole: dict[str, Any], is_file: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    """{"1.jpg": "cat"}, {"1.jpg": {"label": "cat"}} or {"cat": ["1.jpg", ...]} as records."""
    for key, value in whole.items():
        if isinstance(value, dict):
            yield {"file": key} | value
        elif isinstance(value, list) and any(isinstance(other, str) and is_file(other) for other in value):
            yield from ({"file": str(other), "label": key} for other in value)
        elif isinstance(value, (str, int, float, list)):
            yield {"file": key, "label": value}
