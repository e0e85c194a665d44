"""One spelling per class: `Cat` and `cat` are the same; whether `a` and `A`, or `01` and `1` are, the user says."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.items import Item, usable_classes

CASE = "case"
"""The key of the question whether `a` and `A` are different classes."""
ZEROS = "leading_zeros"
"""The key of the question whether `01` and `1` are different classes."""


def merge_spellings(items: list[Item], findings: Findings) -> list[Item]:
    """The same images with one spelling per class: `Cat` and `cat` are the same, shown in the most common spelling.

    Images of classes with too few images are skipped.

    Raises:
        SourceError: fewer than two classes remain, or there are too many.
    """
    shown = one_spelling(Counter(str(item.label) for item in items), findings)
    kept = []
    for item in items:
        name = shown[str(item.label)]
        if not name:
            findings.skipped.add("in a folder without a name", item.name)
        elif len(name) > class_names.MAX_LENGTH:
            findings.skipped.add(f"in a class whose name is longer than {class_names.MAX_LENGTH} characters", item.name)
        else:
            kept.append(item if item.label == name else replace(item, label=name))
    counts = Counter((item.label, item.part) for item in kept)
    usable = usable_classes(counts, findings.skipped)
    return [item for item in kept if item.label in usable]


def one_spelling(counts: Mapping[str, int], findings: Findings) -> dict[str, str]:
    """Label -> displayed name, as `spellings`. If labels differ only in case, the user may keep them as classes."""
    if not any(question.key == CASE for question in findings.questions):
        _ask_about_case(counts, findings)
    if not any(question.key == ZEROS for question in findings.questions):
        _ask_about_zeros(counts, findings)
    merges = any(question.key == ZEROS and question.answer == "same" for question in findings.questions)
    return spellings(counts, findings.notes, keeps_case=keeps_case(findings), merges_zeros=merges)


def keeps_case(findings: Findings) -> bool:
    """Whether labels that differ only in case are different classes, by the answer to that question."""
    return any(question.key == CASE and question.answer == "different" for question in findings.questions)


def _ask_about_case(labels: Iterable[str], findings: Findings) -> None:
    """Asks if there are such labels. By default they are different if any are single letters, such as `a` and `A`."""
    by_key: dict[str, set[str]] = {}
    for label in labels:
        name = class_names.visible(label)
        by_key.setdefault(class_names.merge_key(name), set()).add(name)
    variants = {key: sorted(names) for key, names in by_key.items() if key and len(names) > 1}
    if not variants:
        return
    fewest, most = len(by_key), sum(map(len, by_key.values()))
    pairs = ", ".join(" and ".join(map(class_names.short, names)) for names in list(variants.values())[:3])
    options = (
        Option("different", "Different classes", f"{most:,} classes"),
        Option("same", "The same class", f"{fewest:,} classes"),
    )
    text = f"Upper and lower case: are {pairs}{', …' if len(variants) > 3 else ''} different classes?"
    default = "different" if any(len(key) == 1 for key in variants) else "same"
    findings.ask(CASE, text, options, default)


def _ask_about_zeros(labels: Iterable[str], findings: Findings) -> None:
    """Asks about labels such as `01` and `1`, if all are numbers. By default they are the same number."""
    of_number: dict[str, set[str]] = {}
    for label in map(class_names.visible, labels):
        if not (label.isascii() and label.isdecimal()):
            return
        of_number.setdefault(_without_zeros(label), set()).add(label)
    variants = [sorted(names) for names in of_number.values() if len(names) > 1]
    if not variants:
        return
    pairs = ", ".join(" and ".join(map(class_names.short, names)) for names in variants[:3])
    options = (
        Option("same", "The same class", f"{len(of_number):,} classes"),
        Option("different", "Different classes", f"{sum(map(len, of_number.values())):,} classes"),
    )
    text = f"Leading zeros: are {pairs}{', …' if len(variants) > 3 else ''} different classes?"
    findings.ask(ZEROS, text, options, "same")


def _without_zeros(number: str) -> str:
    return number.lstrip("0") or "0"


def spellings(
    counts: Mapping[str, int], notes: list[str], *, keeps_case: bool = False, merges_zeros: bool = False
) -> dict[str, str]:
    """Label -> displayed name: `Cat` and `cat`, or two encodings of é, get the most common spelling.

    With `keeps_case`, `a` and `A` keep their own. With `merges_zeros`, all are numbers, and `01` is `1`.
    """
    shown = {label: class_names.visible(label) for label in counts}
    key_of = _without_zeros if merges_zeros else str if keeps_case else class_names.merge_key
    groups: dict[str, Counter] = {}
    for label, name in shown.items():
        groups.setdefault(key_of(name), Counter())[name] += counts[label]
    usual = {key: max(group, key=lambda name: (group[name], name)) for key, group in groups.items()}
    for key, group in groups.items():
        if len(group) > 1 and key:
            notes.append(f"{' and '.join(map(class_names.short, sorted(group)))} are treated as one class.")
    if sum(len(set(raw)) > 1 for raw in _raw_by_shown(shown).values()):
        notes.append("Folders whose names look identical but are encoded differently are treated as one class.")
    return {label: usual[key_of(name)] for label, name in shown.items()}


def _raw_by_shown(shown: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for label, name in shown.items():
        found.setdefault(name, []).append(label)
    return found
