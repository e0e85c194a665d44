"""Images whose names say that they are altered copies of one image. They form a group, which a split must not divide.

IMG_1.jpg, IMG_1-edited.jpg                     Google Photos
oak_3.png, oak_3_flip.png, oak_3_rot90.png      scripts for augmentation
3_270deg.jpg, 3_new30degFlipLR.jpg              PlantVillage
oak_jpg.rf.6f1c….jpg, oak_jpg.rf.90be….jpg      Roboflow: versions of oak.jpg
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.folder_tree.roles import Entry
from imgcls.datasets.importing.sources.items import Item

MOST = 50
"""Images of one group; more share a name for another reason."""
_ROBOFLOW = re.compile(r"(.+)\.rf\.[0-9a-z]{16,}", re.IGNORECASE)
_WORDS = (
    "edited bearbeitet modifié modifie editado editada modificato bewerkt edytowane copy kopie copie copia "
    "aug augmented augmentation flip flipped flop hflip vflip mirror mirrored rot rotate rotated rotation "
    "blur blurred noise noisy bright brightness contrast crop cropped zoom zoomed shift shifted shear sheared "
    "fliplr flipud fliptb lr ud deg degree degrees thumb thumbnail resized small scaled"
)
_WORD = "|".join(sorted(_WORDS.split(), key=len, reverse=True))
_ALTERED = re.compile(rf"(?:(?<=[\s_.-])(?:new)?\d*|(?<=\d)|(?<=[^\W\d_]))(?:{_WORD})[\s_.(-]*\d*\)?$", re.IGNORECASE)
_SEPARATORS = " _.-"
ENDS = f"{_SEPARATORS}("
MOST_WORDS, LONGEST = 6, 60
"""Words at the end of a name that say how the image was altered, and the characters of one, with its number."""


def grouped(items: Sequence[Item], findings: Findings) -> list[Item]:
    """The same images, in groups if their names say so and nothing else does."""
    if any(item.group for item in items):
        return list(items)
    stems = [item.name.rpartition(".")[0] or item.name for item in items]
    there = set(stems)
    sources = [_source(stem, there) for stem in stems]
    counts = Counter(sources)
    copied = [source if 1 < counts[source] <= MOST else "" for source in sources]
    if not any(copied):
        return list(items)
    first = next(source for source in copied if source)
    example = [short(item.name) for item, source in zip(items, copied, strict=True) if source == first][:2]
    findings.notes.append(
        f"By their names, some images are altered copies of others, such as {' and '.join(example)}: they stay in "
        "the same split."
    )
    return [replace(item, group=source) if source else item for item, source in zip(items, copied, strict=True)]


def _source(stem: str, there: set[str]) -> str:
    """The image of which this one is a copy, or itself. Without a number, its name is only known from the image."""
    if found := _ROBOFLOW.fullmatch(stem):
        return found[1]
    source = _unaltered(stem)
    if source != stem and (source in there or any(map(str.isdigit, source.rpartition("/")[2]))):
        return source
    return stem


def _unaltered(stem: str) -> str:
    """The name without the words at its end that say how the image was altered. The first follows a separator."""
    left, source = stem, stem
    for _ in range(MOST_WORDS):
        start = max(0, len(left) - LONGEST)
        found = _ALTERED.search(left, start)
        if found is None:
            break
        left = left[: found.start()]
        if bare := left.rstrip(_SEPARATORS):
            source = bare if bare != left else source
    return source


def version_of(entry: Entry, label: str, there: Mapping[tuple[str, str], set[tuple[str, ...]]]) -> str:
    """The stem of the image of which this is a version: without words at its end, such as `_final_masked`, if another
    folder has that image. Numbers at the end count the images of a thing, so they stay."""
    stem = entry.file.rpartition(".")[0]
    for place in range(len(stem) - 1, 0, -1):
        if stem[place].isdecimal():
            break
        if stem[place] in ENDS and there.get((label, stem[:place].casefold()), set()) - {entry.folders}:
            return stem[:place]
    return stem
