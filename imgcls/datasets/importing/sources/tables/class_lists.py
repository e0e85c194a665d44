"""Names of numbered classes, from a file beside them: `{"0": "Rust"}`, `0,Rust`, or a list of names."""

import json
from collections.abc import Callable

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import IMAGES
from imgcls.datasets.importing.sources.tables.reading import split
from imgcls.datasets.importing.sources.values import canonical, is_integer
from imgcls.errors import ImageError

MAX_BYTES = 200_000
NONE: tuple[dict[str, str], str] = ({}, "")
_LISTS = ("classes", "class", "labels", "label", "names", "categories", "map", "dict", "mapping", "synsets")


Names = tuple[dict[str, str], str]
"""Number -> name of classes, and the file that says so; both empty if there is none."""


def of_files(files: Files) -> Callable[[set[str]], Names]:
    """A function from labels to their names."""

    def names_of(labels: set[str]) -> Names:
        if not labels or not all(map(is_integer, labels)):
            return NONE
        for path, key in files.entries:
            last = path.rpartition("/")[2].casefold()
            if not last.endswith((".json", ".csv", ".txt", ".names", ".tsv")) or last.startswith("."):
                continue
            try:
                data = files.read(key)
            except ImageError:
                continue
            if len(data) > MAX_BYTES:
                continue
            found = in_text(data, is_list=any(word in last for word in _LISTS))
            is_one_to_one = len(set(found.values())) == len(found) <= max(2 * len(labels), len(labels) + 5)
            is_list_of_files = any(name.casefold().endswith(IMAGES) for name in found.values())
            if labels <= found.keys() and is_one_to_one and not is_list_of_files:
                return found, visible(path)
        return NONE

    return names_of


def note(source: str) -> str:
    """What the preview says if a file gave the names."""
    return f"Class numbers are replaced by the names in {short(source)}."


def in_text(data: bytes, is_list: bool) -> dict[str, str]:
    """Number -> name, if a file holds such pairs; with `is_list` also a list of names, which are numbered from 0."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {}
    if text.lstrip()[:1] in ("{", "["):
        return _in_json(text, is_list)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for delimiter in (",", "\t", ";", ":", " "):
        rows = [split(line, delimiter) if delimiter != " " else line.split(None, 1) for line in lines]
        if all(len(row) == 2 for row in rows) and len(rows) > 1:
            pairs = [(canonical(first), canonical(second)) for first, second in rows]
            for order in (1, -1):
                found = {number: name for number, name in (pair[::order] for pair in pairs) if is_integer(number)}
                if len(found) >= len(pairs) - 1 > 0 and not any(map(is_integer, found.values())):
                    return found
    if is_list and lines and not any(is_integer(canonical(line)) for line in lines):
        return {str(number): visible(line) for number, line in enumerate(lines)}
    return {}


def _in_json(text: str, is_list: bool) -> dict[str, str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(content, list) and is_list and all(isinstance(name, str) for name in content):
        return {str(number): visible(name) for number, name in enumerate(content)}
    if not isinstance(content, dict):
        return {}
    if all(is_integer(key) and isinstance(value, str) for key, value in content.items()):
        return {key: visible(value) for key, value in content.items()}
    if all(isinstance(value, int) and not isinstance(value, bool) for value in content.values()):
        return {str(value): visible(key) for key, value in content.items()}
    return {}
