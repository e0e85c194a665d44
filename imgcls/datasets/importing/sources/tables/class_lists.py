"""Names of numbered classes, from a file beside them: `{"0": "Rust"}`, `0,Rust`, a list, or YOLO's data.yaml."""

import json
import re
from collections.abc import Callable, Iterator

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import IMAGES
from imgcls.datasets.importing.sources.tables.delimiters import split
from imgcls.datasets.importing.sources.values import canonical, is_integer
from imgcls.errors import ImageError

MAX_BYTES = 200_000
NONE: tuple[dict[str, str], str] = ({}, "")
_YAML = (".yaml", ".yml")
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
            if not last.endswith((".json", ".csv", ".txt", ".names", ".tsv", ".md", *_YAML)) or last.startswith("."):
                continue
            try:
                data = files.read(key)
            except ImageError:
                continue
            if len(data) > MAX_BYTES:
                continue
            if last.endswith((*_YAML, ".md")):
                found = {str(number): name for number, name in in_yaml(data.decode("utf-8", "replace")).items()}
            else:
                found = in_text(data, is_list=False) or _of_list(data, last, labels)
            is_one_to_one = len(set(found.values())) == len(found) <= max(2 * len(labels), len(labels) + 5)
            is_list_of_files = any(name.casefold().endswith(IMAGES) for name in found.values())
            if labels <= found.keys() and is_one_to_one and not is_list_of_files:
                return found, visible(path)
        return NONE

    return names_of


def _of_list(data: bytes, name: str, labels: set[str]) -> dict[str, str]:
    """Number -> name in a list without numbers, which may count from 0 or 1; empty if the labels do not tell."""
    found = in_text(data, is_list=True) if any(word in name for word in _LISTS) else {}
    if "0" in labels or not found:
        return found
    from_one = {str(int(number) + 1): name for number, name in found.items()}
    return from_one if str(len(found)) in labels else {}


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
    if is_list and lines and not _is_table(lines):
        return {str(number): visible(line) for number, line in enumerate(lines)}
    return {}


def _is_table(lines: list[str]) -> bool:
    """Whether lines hold numbers, alone or next to something else, as in a table of files and class numbers."""
    fields = [list(map(canonical, re.split(r"[,;\t]", line))) for line in lines]
    return any(len(of) == 1 and is_integer(of[0]) for of in fields) or 2 * sum(
        any(map(is_integer, of)) for of in fields
    ) > len(lines)


def in_yaml(text: str) -> dict[int, str]:
    """Number -> name, from the entry `names` of a YAML file, as YOLO's data.yaml has it."""
    return dict(_yaml_names(text))


def _in_json(text: str, is_list: bool) -> dict[str, str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(content, list) and is_list and all(isinstance(name, str) for name in content):
        return {str(number): visible(name) for number, name in enumerate(content)}
    if not isinstance(content, dict):
        return {}
    if isinstance(content.get("id2label"), dict):  # a model's configuration at Hugging Face
        content = content["id2label"]
    if all(is_integer(key) and isinstance(value, str) for key, value in content.items()):
        return {key: visible(value) for key, value in content.items()}
    if all(isinstance(value, int) and not isinstance(value, bool) for value in content.values()):
        return {str(value): visible(key) for key, value in content.items()}
    return {}


def _yaml_names(text: str) -> Iterator[tuple[int, str]]:
    """The list or mapping `names` of a YAML file, in the three ways in which tools write it."""
    match = re.search(r"^[ \t]*names:[ \t]*(\[[^\]]*\]|\{[^}]*\})?[ \t]*(?:#.*)?$", text, re.MULTILINE)
    if match is None:
        return
    if match[1]:
        entries = [entry.strip() for entry in match[1][1:-1].replace("\n", " ").split(",") if entry.strip()]
    else:
        block = re.match(
            r"(?:[ \t]*(?:-|['\"]?\d+['\"]?[ \t]*:)[^\n]*(?:\n|$)|[ \t]*(?:#[^\n]*)?\n)*", text[match.end() + 1 :]
        )
        lines = [line.split(" #")[0].strip() for line in (block[0] if block else "").splitlines()]
        entries = [line.removeprefix("-").strip() for line in lines if line and not line.startswith("#")]
    for place, entry in enumerate(entries):
        numbered = re.fullmatch(r"['\"]?(\d+)['\"]?\s*:\s*(.*)", entry)
        name = numbered[2] if numbered else entry
        yield int(numbered[1]) if numbered else place, visible(name.strip().strip("'\""))
