"""Several labels in one field, such as `sky;sea`, `Edema|Mass`, `haze primary` or `['cat', 'dog']`.

Lists are always several labels, and so are `;` and `|` unless all fields may be names of two parts. A comma may be part
of a name, so it separates labels only if the parts recur in other fields. Spaces are part of most names. But labels
come in other combinations, so there are fewer words than distinct fields, or fields contain each other. Names do
neither, with one exception: all combinations of two properties, such as `fresh apple` and `rotten apple`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from imgcls.datasets.importing.class_names import sort_key
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources import multilabel
from imgcls.datasets.importing.sources.tables.json_records import LABEL_SEPARATOR
from imgcls.datasets.importing.sources.values import canonical

QUESTION = "several_labels"
_NAMES = {LABEL_SEPARATOR: "lists", ";": "';'", "|": "'|'", ",": "commas", " ": "spaces"}
MIN_RECURRING = 0.65
"""Of the words in combinations, this fraction has to occur in other fields as well."""
MIN_NESTED = 0.5
"""If this fraction of the combinations contains, or is contained in, another field, they are sets of labels."""
CERTAIN = 2
"""With this many times as many combinations as words, the words are labels."""
MOST_FIELDS = 1_000
"""Fields contained in each other are looked for among so many distinct ones: the time grows with their square."""
OF_NAMES = frozenset({"and", "at", "by", "for", "in", "no", "not", "of", "on", "or", "the", "to", "with", "without"})
"""Words that are no labels, so fields that contain them are names or sentences: `ace of clubs`, `no tumor`. Nor are
numbers among other words: `cherry 1`."""


def split_field(field: str, separator: str) -> multilabel.Labels:
    """The labels in a field, without repetitions; a list in brackets loses them."""
    field = _bare(field)
    parts = (canonical(part.strip().strip("'\"")) for part in field.split(separator))
    return tuple(dict.fromkeys(filter(None, parts)))


def ask_separator(fields: Iterable[str], findings: Findings) -> str:
    """The separator of labels in these fields, after showing both ways to read them; "" for one label each."""
    counts = Counter(fields)
    separator, default = _detected(counts)
    if not separator or all(len(split_field(field, separator)) < 2 for field in counts):
        return separator  # lists of one label each need no question
    single = [canonical(field.replace(LABEL_SEPARATOR, ", ")) for field in counts]
    parts = Counter(part for field, count in counts.items() for part in dict.fromkeys(split_field(field, separator)))
    several = Option("several", f"Several labels, separated by {_NAMES[separator]}", _named(parts, "label"))
    one = Option("one", "One class per image", _named(single, "class"))
    text = "Can an image have several labels?"
    answer = findings.ask(QUESTION, text, [several, one], default)
    return separator if answer == "several" else ""


def is_several(fields: Iterable[str]) -> bool:
    """Whether fields certainly hold several labels."""
    return _detected(Counter(fields))[1] == "several"


def _detected(counts: Counter) -> tuple[str, str]:
    """The most likely separator, "" if there is none, and how to read the fields unless the user decides."""
    brackets = [field for field in counts if field[:1] in ("[", "(") and field[-1:] in ("]", ")")]
    if len(brackets) > 0.9 * len(counts):
        return ",", "several"
    for separator in (LABEL_SEPARATOR, ";", "|"):
        if any(separator in field.strip(f" {separator}") for field in counts):
            fields = [split_field(field, separator) for field in counts if field]
            return separator, "" if separator != LABEL_SEPARATOR and _may_be_names(fields) else "several"
    if _are_lists([split_field(field, ",") for field in counts if field]):
        return ",", "several"
    default = _spaced([split_field(field, " ") for field in counts if field])
    return ("", "") if default is None else (" ", default)


def _may_be_names(fields: Sequence[multilabel.Labels]) -> bool:
    """Whether all fields have several parts, but too few occur elsewhere: `apple | scab`, `apple | healthy`."""
    uses = Counter(part for parts in fields for part in parts)
    return len(fields) > 1 and min(map(len, fields)) > 1 and (len(uses) > len(fields) or _are_properties(fields))


def _are_lists(fields: list[multilabel.Labels]) -> bool:
    """Whether the parts of fields with commas recur in other fields, of which there are more than labels."""
    combined = {part for parts in fields if len(parts) > 1 for part in parts}
    uses = Counter(part for parts in fields for part in parts)
    return bool(combined) and len(uses) <= len(fields) and sum(uses[part] > 1 for part in combined) >= len(combined) / 2


def _spaced(fields: Sequence[multilabel.Labels]) -> str | None:
    """How to read distinct fields, split at spaces: "several" labels, "one" class, "" if only the user can tell, or
    None if nothing suggests that they hold several labels."""
    combined = [words for words in fields if len(words) > 1]
    uses = Counter(word for words in fields for word in words)
    spaced = [word for words in combined for word in words]
    if not combined or sum(uses[word] > 1 for word in spaced) < MIN_RECURRING * len(spaced):
        return None
    if any(word.casefold() in OF_NAMES for word in spaced) or len({word.isdecimal() for word in spaced}) > 1:
        return None
    sets = {frozenset(words) for words in fields}
    on_their_own = {words[0] for words in fields if len(words) == 1}
    if len(sets) < len(fields) or (len(uses) < len(fields) and on_their_own & set(spaced)):
        return "several"
    if _nested(sets) >= MIN_NESTED:
        return "several"
    if len(uses) > len(fields):
        return None
    if _are_properties(combined):
        return "one"
    return "several" if len(combined) >= CERTAIN * len(uses) else ""


def _nested(sets: set[frozenset[str]]) -> float:
    """The fraction of sets of at least two words that contain, or are contained in, another set."""
    sample = sorted(sets, key=sorted)[:MOST_FIELDS]
    combined = [words for words in sample if len(words) > 1]
    return sum(any(words < other or other < words for other in sample) for words in combined) / max(len(combined), 1)


def _are_properties(combined: Sequence[multilabel.Labels]) -> bool:
    """Whether all combinations are of one length and every word has a place of its own, as in `fresh apple`."""
    places = defaultdict(set)
    for words in combined:
        for place, word in enumerate(words):
            places[word].add(place)
    return len({len(words) for words in combined}) == 1 and all(len(found) == 1 for found in places.values())


def _bare(field: str) -> str:
    field = field.strip()
    return field[1:-1] if field[:1] in ("[", "(") and field[-1:] in ("]", ")") else field


def _named(names: Iterable[str], noun: str) -> str:
    ordered = sorted(filter(None, set(names)), key=sort_key)
    more = ", …" if len(ordered) > 6 else ""
    plural = ("labels" if noun == "label" else "classes") if len(ordered) != 1 else noun
    return f"{len(ordered):,} {plural}: {', '.join(name[:40] for name in ordered[:6])}{more}"
