"""Names of ImageNet's synsets (`n01440764` is `tench`), if a file next to the images lists them.

LOC_synset_mapping.txt      n01440764 tench, Tinca tinca
words.txt                   n01440764<tab>tench, Tinca tinca
imagenet_class_index.json   {"0": ["n01440764", "tench"], ...}, or {"n01440764": "tench", ...}
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.folder_tree.folder_names import SYNSET
from imgcls.errors import ImageError

MAX_FILES = 20
MAX_BYTES = 10_000_000
COVERED = 0.9
"""Fraction of the labels that must be synsets, and of the synsets that a file must name."""
_LINE = re.compile(r"^\W*(n\d{8})[\s,:]+(.+)$", re.MULTILINE)


def names(files: Files, labels: set[str]) -> dict[str, str]:
    """Synset -> name; empty if the labels are not synsets, or no file names them."""
    wanted = {label for label in labels if SYNSET.fullmatch(label)}
    if not wanted or len(wanted) < COVERED * len(labels):
        return {}
    for text in _texts(files):
        listed = {synset: name for synset, name in _listed(text) if synset in wanted}
        if len(listed) >= COVERED * len(wanted):
            shared = Counter(listed.values())
            return {synset: name if shared[name] == 1 else f"{name} ({synset})" for synset, name in listed.items()}
    return {}


def _texts(files: Files) -> Iterator[str]:
    candidates = [(path, key) for path, key in files.entries if path.casefold().endswith((".txt", ".json", ".csv"))]
    for _, key in sorted(candidates, key=lambda entry: entry[0].count("/"))[:MAX_FILES]:
        try:
            data = files.read(key)
        except ImageError:
            continue
        if len(data) <= MAX_BYTES:
            yield data.decode("utf-8", "replace")


def _listed(text: str) -> list[tuple[str, str]]:
    if text.lstrip().startswith(("{", "[")):
        try:
            pairs = list(_pairs(json.loads(text)))
        except (ValueError, RecursionError):
            pairs = []
    else:
        pairs = [(match[1], match[2]) for match in _LINE.finditer(text)]
    firsts = ((synset, name.split(",")[0].strip(" \t\"'").replace("_", " ")) for synset, name in pairs)
    return [(synset, name) for synset, name in firsts if name]


def _pairs(content: Any) -> Iterator[tuple[str, str]]:
    entries = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in entries:
        texts = [text for text in (key, *(value if isinstance(value, list) else [value])) if isinstance(text, str)]
        synset = next((text for text in texts if SYNSET.fullmatch(text)), "")
        name = next((text for text in texts if text != synset and not text.isdigit()), "")
        if synset and name:
            yield synset, name
