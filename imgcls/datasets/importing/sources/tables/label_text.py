"""Several labels in one field, such as `sky;sea`, `Edema|Mass`, `haze primary` or `['cat', 'dog']`.

`;`, `|` and lists are always separators. A comma or a space may be part of a name, so it separates labels only if the
parts recur in other fields.
"""

from collections import Counter
from collections.abc import Iterable

from imgcls.datasets.importing.class_names import sort_key
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import multilabel
from imgcls.datasets.importing.sources.tables.json_records import LABEL_SEPARATOR
from imgcls.datasets.importing.sources.values import canonical

QUESTION = "several_labels"
_NAMES = {LABEL_SEPARATOR: "lists", ";": "';'", "|": "'|'", ",": "commas", " ": "spaces"}


def split_field(field: str, separator: str) -> multilabel.Labels:
    """The labels in a field, without repetitions; a list in brackets loses them."""
    field = _bare(field)
    parts = (canonical(part.strip().strip("'\"")) for part in field.split(separator))
    return tuple(dict.fromkeys(filter(None, parts)))


def ask_separator(fields: Iterable[str], findings: Findings) -> str:
    """The separator of labels in these fields, after showing both ways to read them; "" for one label each."""
    counts = Counter(fields)
    separator, is_certain = _detected(counts)
    if not separator:
        return ""
    single = [canonical(field.replace(LABEL_SEPARATOR, ", ")) for field in counts]
    parts = Counter(part for field, count in counts.items() for part in dict.fromkeys(split_field(field, separator)))
    several = Option("several", f"Several labels, separated by {_NAMES[separator]}", _named(parts, "label"))
    one = Option("one", "One class per image", _named(single, "class"))
    text = "Can an image have several labels?"
    answer = findings.ask(QUESTION, text, [several, one], "several" if is_certain else "one")
    return separator if answer == "several" else ""


def is_several(fields: Iterable[str]) -> bool:
    """Whether fields certainly hold several labels."""
    return _detected(Counter(fields))[1]


def _detected(counts: Counter) -> tuple[str, bool]:
    """The most likely separator, "" if there is none, and whether it certainly separates labels."""
    brackets = [field for field in counts if field[:1] in ("[", "(") and field[-1:] in ("]", ")")]
    if len(brackets) > 0.9 * len(counts):
        return ",", True
    for separator in (LABEL_SEPARATOR, ";", "|"):
        if any(separator in field.strip(f" {separator}") for field in counts):
            return separator, True
    for separator in (",", " "):
        split = {field: split_field(field, separator) for field in counts if field}
        several = [parts for parts in split.values() if len(parts) > 1]
        if not several:
            continue
        combined = {part for parts in several for part in parts}
        uses = Counter(part for parts in split.values() for part in set(parts))
        recurring = sum(uses[part] > 1 for part in combined) / len(combined)
        lengths = {len(parts) for parts in split.values()}
        if recurring < (0.5 if separator == "," else 0.6) or len(uses) >= len(split) + (separator == ","):
            continue
        if separator == " " and not any(parts[0] in combined for parts in split.values() if len(parts) == 1):
            continue  # as in 'tomato healthy' and 'potato healthy'
        return separator, separator == "," or len(lengths) > 1
    return "", False


def _bare(field: str) -> str:
    field = field.strip()
    return field[1:-1] if field[:1] in ("[", "(") and field[-1:] in ("]", ")") else field


def _named(names: Iterable[str], noun: str) -> str:
    ordered = sorted(filter(None, set(names)), key=sort_key)
    more = ", …" if len(ordered) > 6 else ""
    plural = ("labels" if noun == "label" else "classes") if len(ordered) != 1 else noun
    return f"{len(ordered):,} {plural}: {', '.join(name[:40] for name in ordered[:6])}{more}"
