"""The class in the file name, if there are no class folders: `ship_0001.jpg`, `cat.12.jpg`, `0001-oak.png`."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imgcls.datasets.importing.class_names import merge_key
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.folder_tree import folder_names
from imgcls.datasets.importing.sources.folder_tree.levels import detail
from imgcls.datasets.importing.sources.folder_tree.roles import Entry
from imgcls.datasets.importing.sources.items import MAX_CLASSES, MIN_IMAGES

KEY = "file-names"
COVERED = 0.9
"""Fraction of the files whose names must hold a class."""
CAMERAS = folder_names.word_set(
    "img image imag im dsc dscn dscf dsci p pxl mvimg gopr gp pict picture pic photo foto bild frame scan "
    "screenshot screen shot whatsapp signal vid video wa file untitled download dji sam cimg imgp burst portrait "
    "edited copy crop patch tile slide page figure fig sample output result results test train val valid "
    "validation training n id no nr num a the of"
)
"""Words that programs and cameras write before a number."""
DIGITS = frozenset("0123456789")
MIN_FOLDERS = 3
"""Folders that must hold files of the same names, so that these may be the classes."""
REPEATED = 0.8
"""Fraction of the folders that must hold a file of each name."""
_SEPARATOR, _PART = r"[\s_.\-()\[\]#]+", r"[^\s_.\-()\[\]#]*"
_LEADING_NUMBERS = re.compile(r"^(\d+[\W_]+)+")


@dataclass(frozen=True)
class Way:
    """One way to read file names: `pattern` finds the class in the name without its extension."""

    value: str
    title: str
    pattern: re.Pattern[str]

    def label(self, file: str) -> str:
        """The class; "" if there is none, or only what cameras and programs write."""
        match = self.pattern.search(stem(file))
        if match is None:
            return ""
        if self in (NUMBER, DIGIT):
            return str(int(match[1]))
        words = [word for word in folder_names.tokens(match[1]) if not word.isdigit()]
        return _LEADING_NUMBERS.sub("", match[1]).strip(" _.-()[]") if words and not CAMERAS.issuperset(words) else ""


BEFORE = Way("before", "The text before the number", re.compile(r"^(.*?)[\s_.\-#]*[\(\[]?\d+[\)\]]?$", re.DOTALL))
FIRST = Way("first", "The first word", re.compile(r"^([^\W\d_]+)"))
AFTER = Way("after", "The text after the number", re.compile(r"\d+[\s_.\-]+(\D+)$"))
DIGIT = Way("digit", "The digit at the beginning", re.compile(r"^(\d)[\s_.\-]+.*\d$"))
NUMBER = Way("number", "The first number", re.compile(r"^(\d{1,2})[\s_.\-]+\d+$"))


def reader(files: Sequence[str], findings: Findings) -> Callable[[str], str] | None:
    """A function from a file name to its class ("" if it has none); None if the names of these files do not say.

    If several readings are possible, the user is asked.
    """
    ways = {way: found for way in (BEFORE, FIRST, AFTER) if (found := _usable(files, way))}
    if BEFORE in ways:
        ways.pop(AFTER, None)
        if FIRST in ways and _same(ways[BEFORE], ways[FIRST]):
            del ways[FIRST]
    fields = {way: _usable(files, way) for way in _fields(files)}
    if len(fields) > 1:
        ways |= {way: new for way, new in fields.items() if not any(_same(known, new) for known in ways.values())}
    if len(ways) == 1:
        return next(iter(ways)).label
    if not ways and (found := _usable(files, NUMBER)):
        ways = {NUMBER: found}
    if not ways:
        return None
    options = [Option(way.value, way.title, detail(set(found.values()))) for way, found in ways.items()]
    answer = findings.ask(KEY, "There are no class folders. Which part of the file name is the class?", options)
    return next(way for way in ways if way.value == answer).label


def stem(file: str) -> str:
    """The name of a file without its extension."""
    return file.rpartition(".")[0] or file


def in_all_folders(files: Sequence[Entry]) -> set[str]:
    """The names of files if nearly all folders hold one of each and they may be classes.

    Numbers count the images of a folder, so only the ten digits may be classes; and so may words, unless they say how
    the image was made.
    """
    names: set[str] = set()
    for entry in files:  # usually the first name has a number: among 60,000 files, nothing else is looked at
        name = stem(entry.file)
        if name not in names and name not in DIGITS and not _is_word(name):
            return set()
        names.add(name)
    folders = {entry.folders for entry in files}
    are_classes = names == DIGITS or not names & DIGITS
    if len(folders) < MIN_FOLDERS or len(names) < 2 or not are_classes or folder_names.are_views(names):
        return set()
    counts = Counter(stem(file) for _, file in {(entry.folders, entry.file) for entry in files})
    return names if min(counts.values()) >= REPEATED * len(folders) else set()


def _is_word(name: str) -> bool:
    return not (any(map(str.isdigit, name)) or folder_names.is_doubtful(name) or folder_names.is_companion(name))


def _fields(files: Sequence[str]) -> list[Way]:
    """A way for each part of the names that may be a class, if nearly all names have the same number of parts.

    Those for groups, such as `subject01`, are none.
    """
    split = [re.split(_SEPARATOR, stem(file)) for file in files]
    width, covered = Counter(map(len, split)).most_common(1)[0]
    if covered < COVERED * len(files):
        return []
    found = []
    for place in range(width):
        pattern = rf"^(?:{_PART}{_SEPARATOR}){{{place}}}([^\W\d_]+)\d*(?={_SEPARATOR}|$)"
        way = Way(f"part-{place + 1}", f"Part {place + 1} of the name", re.compile(pattern))
        if labels := set(_usable(files, way).values()):
            found += [] if folder_names.GROUPS.issuperset(map(str.casefold, labels)) else [way]
    return [DIGIT, *found] if _usable(files, DIGIT) else found


def _usable(files: Sequence[str], way: Way) -> dict[str, str]:
    """File name -> class, if nearly all names have one and there are a few images of nearly each."""
    found = [(file, label) for file in files if (label := way.label(file))]
    counts = Counter(merge_key(label) for _, label in found)
    large = sum(count for count in counts.values() if count >= MIN_IMAGES - 1)
    if len(found) < COVERED * len(files) or large < COVERED * len(found) or not 1 < len(counts) <= MAX_CLASSES:
        return {}
    return dict(found)


def _same(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether both ways put the files of the first into the same classes."""
    pairs = {(label, other.get(file, "")) for file, label in one.items()}
    return len(pairs) == len(set(one.values())) == len({second for _, second in pairs})
