"""Which level of folders holds the classes, if images are in folders within folders.

oak/summer, oak/winter, birch/x     the outer or the inner ones: only the user can tell
garden/oak, garden/birch,
park/oak, park/birch                the inner ones, because they have the same names in each outer one
oak/tree_01, birch/tree_07          the outer ones, because the inner ones are only numbered
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imgcls.datasets.importing.class_names import merge_key, sort_key, visible
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.folder_tree import folder_names
from imgcls.datasets.importing.sources.items import MAX_CLASSES

Words = tuple[str, ...]
KEY = "classes"
SHARED = 0.8
"""Fraction of the outer folders whose inner folders must all occur elsewhere, so that those are the classes."""
STRAYS, STRAYS_OF_ONE = 0.1, 0.5
"""Fraction of images that may lie next to the folders of a folder; the second if it encloses everything."""
JOINT = " / "


@dataclass(frozen=True)
class Reading:
    """One way to read folders. `level` is the one of the class, counted from the innermost if negative; None: all."""

    value: str
    title: str
    level: int | None

    def label(self, words: Words) -> str:
        """The class of an image in these folders; "" if there are too few."""
        if self.level is None:
            return JOINT.join(words)
        return words[self.level] if -len(words) <= self.level < len(words) else ""

    def others(self, words: Words) -> tuple[Words, Words]:
        """The folders outside and inside of the class."""
        level = len(words) if self.level is None else self.level % len(words)
        return words[:level], words[level + 1 :]


OUTER = Reading("outer", "The outer folders", 0)
INNER = Reading("inner", "The inner folders", -1)
BOTH = Reading("both", "Each inner folder of each outer one", None)


def reading(rows: Sequence[Words], findings: Findings) -> Reading:
    """How to read the folders of these images. If the names allow several readings, the user is asked."""
    level, doubt = _level(rows)
    depth = max(map(len, rows))
    readings = [OUTER, *(Reading(f"level-{n + 1}", f"The folders of level {n + 1}", n) for n in range(1, depth - 1))]
    guess = INNER if 0 < level == depth - 1 else readings[level] if level < len(readings) else OUTER
    if not doubt:
        return guess
    readings += [INNER, *([BOTH] if depth == 2 else [])]
    found = {way: classes for way in readings if 1 < len(classes := _classes(rows, way)) <= MAX_CLASSES}
    if len(found) < 2:
        return guess
    options = [Option(way.value, way.title, detail(classes)) for way, classes in found.items()]
    default = guess.value if doubt == "likely" and guess in found else ""
    answer = findings.ask(KEY, "Which folders are the classes?", options, default)
    return next(way for way in found if way.value == answer)


def detail(classes: Iterable[str], most: int = 6) -> str:
    """The number of classes and the first names, for an option of a question."""
    names = sorted(set(map(visible, classes)), key=sort_key)
    more = ", …" if len(names) > most else ""
    return f"{len(names):,} classes: {', '.join(name[:40] for name in names[:most])}{more}"


def _level(rows: Sequence[Words]) -> tuple[int, str]:
    """The level that most likely holds the classes (0 is the outermost), and the doubt: "", "likely" or "ask"."""
    level, doubt = 0, ""
    while True:
        step = _step(rows)
        if step == "here":
            return level, doubt
        if step == "likely here":
            return level, "likely"
        if step == "copy":
            return level + max(map(len, rows)) - 1, "likely"
        if step == "ask":
            return level, "ask"
        doubt = "likely" if step == "likely below" else doubt
        level += 1
        rows = [words[1:] for words in rows if len(words) > 1]


def _step(rows: Sequence[Words]) -> str:
    """Whether the outermost folders are the classes ("here"), those inside ("below"), either with doubt, or "ask".

    "copy" means that a folder next to the classes holds folders of the same names.
    """
    inside: dict[str, set[str]] = defaultdict(set)
    images: Counter[str] = Counter()
    direct: Counter[str] = Counter()
    for words, count in Counter(rows).items():
        top = merge_key(words[0])
        images[top] += count
        if len(words) > 1:
            inside[top].add(merge_key(words[1]))
        else:
            direct[top] += count
    tops = set(images)
    strays = STRAYS_OF_ONE if len(tops) == 1 else STRAYS
    nested = {top for top in inside if direct[top] <= strays * images[top]}
    if not nested or _are_numbered_classes(tops):
        return "here"
    inside = {top: inside[top] for top in nested}
    occurrences = Counter(name for names in inside.values() for name in names)
    is_single = all(len(names) == 1 for names in inside.values())
    if nested != tops:
        return "copy" if set(occurrences) <= tops - nested else "here" if is_single else "ask"
    if len(occurrences) == 1 or (is_single and 2 * len(occurrences) > len(tops)):
        return "here"
    if len(tops) == 1:
        return "below"
    shared = sum(all(occurrences[name] > 1 for name in names) for names in inside.values()) / len(tops)
    if shared >= SHARED:
        if folder_names.are_identifiers(tops, certain=True):
            return "below"
        if folder_names.are_identifiers(occurrences):
            return "likely here" if folder_names.are_identifiers(occurrences, certain=True) else "ask"
        return "likely below"
    return "here" if folder_names.are_identifiers(occurrences) else "ask"


def _are_numbered_classes(names: set[str]) -> bool:
    return len(names) > 1 and all(folder_names.CLASS_WORDS & set(folder_names.tokens(name)) for name in names)


def _classes(rows: Sequence[Words], way: Reading) -> set[str]:
    return {label for words in set(rows) if (label := way.label(words))}
