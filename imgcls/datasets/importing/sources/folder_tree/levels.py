"""Which level of folders holds the classes, if images are in folders within folders.

oak/summer, oak/winter, birch/x     the outer or the inner ones: only the user can tell
garden/oak, garden/birch,
park/oak, park/birch                the inner ones, because they have the same names in each outer one
oak/tree_01, birch/tree_07          the outer ones, because the inner ones are only numbered
oak/front, birch/front              the outer ones, because the inner ones say how the photos were taken
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imgcls.datasets.importing.class_names import merge_key, sort_key, visible
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.folder_tree import folder_names
from imgcls.datasets.importing.sources.items import MAX_CLASSES

Words = tuple[str, ...]
KEY = "classes"
SHARED = 0.8
"""Fraction of the outer folders whose inner folders must all occur elsewhere, so that those are the classes."""
STRAYS, STRAYS_OF_ALL = 0.1, 0.5
"""Fraction of images that may lie next to the folders of a folder; the second if it encloses everything."""
JOINT = " / "


@dataclass(frozen=True)
class Reading:
    """One way to read folders. `level` is the one of the class, counted from the innermost if negative; None: all."""

    value: str
    title: str
    level: int | None
    strays: frozenset[Words] = frozenset()
    """Folders whose own images have no class, such as one that encloses all classes."""

    def label(self, words: Words) -> str:
        """The class of an image in these folders; "" if there is none."""
        if words in self.strays:
            return ""
        if self.level is None:
            return JOINT.join(words)
        return words[self.level] if -len(words) <= self.level < len(words) else ""

    def others(self, words: Words) -> tuple[Words, Words]:
        """The folders outside and inside of the class."""
        if self.level is None:
            return (), ()
        level = self.level % len(words)
        return words[:level], words[level + 1 :]


def reading(rows: Mapping[Words, int], findings: Findings) -> Reading:
    """How to read folders, given with their numbers of images. If they allow several readings, the user is asked."""
    level, doubt, strays = _level(rows)
    if not doubt:
        return Reading("", "", level, strays)
    depth = max(map(len, rows))
    readings = [
        Reading("outer", "The outer folders", 0, strays),
        *(Reading(f"level-{n + 1}", f"The folders of level {n + 1}", n, strays) for n in range(1, depth - 1)),
        Reading("inner", "The inner folders", -1, strays),
    ]
    both = Reading("both", "Each inner folder of each outer one", None, strays)
    if depth <= 3 and len(_classes(rows, both)) > len(_classes(rows, readings[-1])):
        readings.append(both)
    found = {way: classes for way in readings if 1 < len(classes := _classes(rows, way)) <= MAX_CLASSES}
    if len(found) < 2:
        return readings[level]
    options = [Option(way.value, way.title, detail(classes)) for way, classes in found.items()]
    default = readings[level].value if doubt == "likely" and readings[level] in found else ""
    answer = findings.ask(KEY, "Which folders are the classes?", options, default)
    return next(way for way in found if way.value == answer)


def without_common(rows: Mapping[Words, int]) -> dict[Words, Words]:
    """The folders without those that tell nothing, because all images of that level are in a folder of that name."""
    found, place = {words: words for words in rows}, 0
    while place < max(map(len, found.values()), default=0):
        there = {words: left for words, left in found.items() if len(left) > place}
        images = sum(rows[words] for words in there)
        deeper = sum(rows[words] for words, left in there.items() if len(left) > place + 1)
        if len({merge_key(left[place]) for left in there.values()}) == 1 and deeper >= (1 - STRAYS_OF_ALL) * images:
            found = {words: (*left[:place], *left[place + 1 :]) for words, left in found.items()}
        else:
            place += 1
    return found


def detail(classes: Iterable[str], most: int = 6) -> str:
    """The number of classes and the first names, for an option of a question."""
    names = sorted(set(map(visible, classes)), key=sort_key)
    more = ", …" if len(names) > most else ""
    return f"{len(names):,} classes: {', '.join(name[:40] for name in names[:most])}{more}"


def _level(rows: Mapping[Words, int]) -> tuple[int, str, frozenset[Words]]:
    """The level that most likely holds the classes (0: outermost), the doubt ("", "likely" or "ask"), and strays."""
    level, doubt, strays = 0, "", set()
    while True:
        left = {words: count for words, count in rows.items() if len(words) > level and words not in strays}
        step, loose = _step(left, level)
        strays |= loose
        if step in ("here", "likely here", "ask"):
            return level, {"here": doubt, "likely here": "likely", "ask": "ask"}[step], frozenset(strays)
        if step == "copy":
            return max(map(len, rows)) - 1, "likely", frozenset(strays)
        doubt = "likely" if step == "likely below" else doubt
        level += 1


def _step(rows: Mapping[Words, int], level: int) -> tuple[str, set[Words]]:
    """Whether the folders of this level are the classes ("here"), those inside ("below"), either with doubt, or "ask".

    "copy" means that a folder next to the classes holds folders of the same names. Also returns folders with a few
    loose images next to the folders inside.
    """
    inside: dict[str, set[str]] = defaultdict(set)
    images: Counter[str] = Counter()
    direct: Counter[str] = Counter()
    for words, count in rows.items():
        top = merge_key(words[level])
        images[top] += count
        if len(words) > level + 1:
            inside[top].add(merge_key(words[level + 1]))
        else:
            direct[top] += count
    inside = {top: names for top, names in inside.items() if direct[top] <= STRAYS * images[top]}
    loose = {words for words in rows if len(words) == level + 1 and merge_key(words[level]) in inside}
    step = _judged(set(images), inside)
    return step, set() if step in ("here", "likely here") else loose


def _judged(tops: set[str], inside: Mapping[str, set[str]]) -> str:
    """The step for these folders. `inside` has the names of the folders inside those that do not only hold images."""
    if not inside or _are_numbered_classes(tops):
        return "here"
    if set(inside) == tops and folder_names.are_numbered_containers(tops):
        return "below"
    occurrences = Counter(name for names in inside.values() for name in names)
    is_single = all(len(names) == 1 for names in inside.values())
    if folder_names.are_views(occurrences) and not (
        folder_names.are_views(tops) or folder_names.are_identifiers(tops, certain=True)
    ):
        return "likely here"
    if set(inside) != tops:
        return "copy" if set(occurrences) <= tops - set(inside) else "here" if is_single else "ask"
    if len(occurrences) == 1 or (is_single and 2 * len(occurrences) > len(tops)):
        return "here"
    if folder_names.are_symbols(occurrences):
        return "ask"
    shared = sum(all(occurrences[name] > 1 for name in names) for names in inside.values()) / len(tops)
    is_numbered = folder_names.are_identifiers(occurrences)
    if shared < SHARED:
        return "here" if is_numbered else "ask"
    is_surely_numbered = folder_names.are_identifiers(occurrences, certain=True)
    if folder_names.are_identifiers(tops, certain=True):
        return "ask" if is_surely_numbered else "below"
    return "ask" if is_numbered else "likely below"


def _are_numbered_classes(names: set[str]) -> bool:
    return len(names) > 1 and all(folder_names.CLASS_WORDS & set(folder_names.tokens(name)) for name in names)


def _classes(rows: Iterable[Words], way: Reading) -> set[str]:
    return {label for words in rows if (label := way.label(words))}
