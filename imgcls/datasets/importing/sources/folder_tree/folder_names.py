"""What the name of a folder suggests, wherever it is: a split, a group of images, a mere container, a date.

Whether a suggestion holds is for `roles` to decide, which sees the neighbours: `train` is a split next to `test`, and a
class next to `bus`.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from imgcls.datasets.importing.sources.items import PARTS


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEUTRAL = word_set(
    "set sets data dataset datasets daten image images imgs img pic pics picture pictures photo photos sample "
    "samples folder folders dir file files split splits subset full all final new jpg jpeg png cropped resized"
)
_SUFFIX = re.compile("(set|sets|data|daten|images|imgs|img|pics|samples|dir)$")

FILLERS = word_set(
    "image images imgs img picture pictures pics photo photos frame frames jpg jpeg jpegs jpgs png pngs bmp tif tiff "
    "jpegimages data dataset datasets input inputs file files all"
)
CONTAINERS = word_set("images imgs data dataset datasets files jpegimages frames inputs")
COMPANIONS = word_set(
    "mask masks msk msks groundtruth groundtruths gt gts annotation annotations annots label labels segmentation "
    "segmentations seg segs segmentationmasks bbox bboxes boundingboxes contours heatmap heatmaps depth edges "
    "trimap trimaps thumb thumbs thumbnail thumbnails"
)
VARIANTS = word_set(
    "original originals orig augmented augmentation aug raw unprocessed processed preprocessed cropped crop "
    "resized gray grey grayscale greyscale color colour rgb segmented denoised enhanced normalized normalised"
)
GROUPS = word_set(
    "patient pat pt patients subject subj sub subjects participant person individual volunteer donor case writer "
    "user author plot field parcel site quadrat transect fold kfold video vid clip sequence seq session visit "
    "recording slide camera cam animal specimen day date week"
)
VIEWS = word_set(
    "front back rear side left right top bottom upper lower inside outside inner outer above below dorsal ventral "
    "lateral frontal anterior posterior oblique axial coronal sagittal ap pa close closeup up near far wide macro zoom "
    "day night morning evening noon indoor indoors outdoor outdoors sunny cloudy rainy "
    "flash view angle light dark x magnification tiny small medium large big"
)
"""Words for how something was photographed, rather than for what it is."""
CLASS_WORDS = word_set("class category label grade level stage type cluster")
SYMBOLS = word_set("character char letter symbol glyph sign")
"""Words for things that are numbered again in each alphabet, so that two with the same number differ."""

UNCLASSIFIED = word_set(
    "unlabeled unlabelled labeled labelled input output target source result results outputs targets"
)
SET_ASIDE = word_set(
    "pred predict prediction predictions unlabeled unlabelled unsup unsupervised unclassified unsorted "
    "unsortiert todo backup backups trash papierkorb deleted duplicates misc sonstiges"
)
UNITS = word_set("x mm cm um nm px dpi fps ms hz deg")
PARTS_OF_DOWNLOADS = word_set(
    "part batch chunk shard volume vol disk disc images image imgs photos set subset folder zip download archive"
)

_CODE = re.compile(r"\d{4}|^(?=.*\d)[0-9a-f]{6,}([-_][0-9a-f]+)*$", re.IGNORECASE)
SYNSET = re.compile(r"n\d{8}")
_SIZE = re.compile(
    r"(?:[a-z]+[ _-]?)?(?P<side>\d{2,4})(?:[ _-]?x[ _-]?(?P=side))?[ _-]?(?:px|pixels?)?(?:[ _-]?(?:jpe?g|png))?",
    re.IGNORECASE,
)
USUAL_SIZES = word_set("28 32 48 56 64 96 112 128 160 192 224 256 299 320 331 384 400 448 480 512 600 640 768 800 1024")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    rf"""(photos?[ _-]from[ _-])?(
    (19|20)\d\d ([-_. ]?(0[1-9]|1[0-2]) ([-_. ]?(0[1-9]|[12]\d|3[01]))?)? ([t_ -]+\d\d([-_:.h]?\d\d)*)?
    | \d\d?[-_.]\d\d?[-_.](19|20)?\d\d
    | (\d\d?[ _-]*)? ({_MONTHS})[a-z]* [ _,-]* ((19|20)\d\d|\d\d?[ _,-]+(19|20)\d\d)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_YEAR = re.compile(r"(19|20)\d\d")
_MONTH = re.compile(rf"(0?[1-9]|1[0-2])([ _.-]+[^\W\d]+)?|({_MONTHS})[a-z]*", re.IGNORECASE)
_DAY = re.compile(r"0?[1-9]|[12]\d|3[01]")
_CAMERA = re.compile(
    r"\d{3}_?(apple|canon|nikon|nc\w+|msdcf|gopro|media|andro|olymp|photo|pana|casio|kodak|fuji|d\d{3,4})|dcim|camera"
    r"( roll)?|screen ?shots?|whatsapp images|saved pictures|downloads?|restored|bluetooth|"
    r"(new|untitled) folder.*|neuer ordner.*|untitled.*",
    re.IGNORECASE,
)


@lru_cache(100_000)
def tokens(name: str) -> tuple[str, ...]:
    """The words and numbers of a name in lower case: `trainingSet_2` is training, set, 2."""
    name = re.sub(r"hold[ _-]?out", "holdout", name, flags=re.IGNORECASE)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(token.casefold() for token in re.findall(r"[^\W\d_]+|\d+", spaced))


@lru_cache(100_000)
def split_of(name: str) -> tuple[str, str]:
    """The part ("train", "test", "val") that a word of the name means, and the rest of the name; ("", name) if none."""
    parts = {token: part for token in tokens(name) if (part := PARTS.get(token) or PARTS.get(_bare(token)))}
    if len(set(parts.values())) != 1:
        return "", name
    rest = re.sub(r"hold[ _-]?out", " ", name, flags=re.IGNORECASE)
    for token in parts:
        rest = re.sub(re.escape(token), " ", rest, count=1, flags=re.IGNORECASE)
    words = [word for word in re.split(r"[\s_.-]+", rest) if word and word.casefold() not in NEUTRAL]
    return next(iter(parts.values())), "_".join(words)


def rest_of(name: str) -> str:
    """The name without the word of a split."""
    return split_of(name)[1].casefold()


def glued_splits(names: Collection[str]) -> dict[str, str]:
    """name -> part for names that differ only in a split word without a separator (`leavestrain`, `leavestest`)."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name in names:
        low = name.casefold()
        for word, part in PARTS.items():
            if len(word) > 3 and word in low:
                found.setdefault(low.replace(word, "*", 1), set()).add((name, part))
    for group in found.values():
        if {name for name, _ in group} == set(names) and len({part for _, part in group}) > 1:
            return dict(sorted(group))
    return {}


def is_filler(name: str) -> bool:
    """Whether the name says only that there are images inside."""
    return "".join(tokens(name)) in FILLERS


def is_container(name: str) -> bool:
    """Whether the name is one of a folder of any images, and hardly of a class."""
    return "".join(tokens(name)) in CONTAINERS


def is_companion(name: str) -> bool:
    """Whether the name is one of files that accompany images, such as masks."""
    return "".join(tokens(name)) in COMPANIONS


def is_variant(name: str) -> bool:
    """Whether the name is one of versions of the same images, such as `augmented` or `resized_images`."""
    words = tokens(name)
    return any(word in VARIANTS for word in words) and all(
        word in VARIANTS or word in NEUTRAL or word.isdigit() for word in words
    )


def is_date(name: str) -> bool:
    return _DATE.fullmatch(name.strip()) is not None


def calendar(folders: Sequence[str]) -> str:
    """The date that a folder stands for, "" for none: of `2024-05-01`, or of `2024`, `05`, `01` inside each other."""
    *_, year, month, day = ("", "", *folders)
    if is_date(day):
        return day
    if _YEAR.fullmatch(month) and _MONTH.fullmatch(day):
        return f"{month}-{day}"
    if _YEAR.fullmatch(year) and _MONTH.fullmatch(month) and _DAY.fullmatch(day):
        return f"{year}-{month}-{day}"
    return ""


def is_group(name: str) -> bool:
    """Whether the name is one of a patient, plot, fold, video or the like (a word and an identifier), or a date."""
    words = tokens(name)
    identifiers = [word for word in words if word.isdigit() or len(word) == 1]
    named = [word for word in words if word in GROUPS]
    return is_date(name) or bool(named and identifiers and len(named) + len(identifiers) == len(words))


def names_group(name: str) -> bool:
    """Whether a name has the word for a group among others, such as `patient_07_node_2`."""
    return not GROUPS.isdisjoint(tokens(name))


def is_set_aside(name: str) -> bool:
    """Whether the name is one of images without a class, or of masks and the like, rather than of a class."""
    part, rest = split_of(name)
    is_without_class = bool(tokens(name)) and SET_ASIDE.issuperset(tokens(name))
    return (part in ("test", "val") and not rest) or is_without_class or is_companion(name)


def is_doubtful(name: str) -> bool:
    """Whether the name is unlikely to be one of a class: a date, a camera's folder, a split, a container."""
    return bool(
        _CAMERA.fullmatch(name.strip())
        or split_of(name)[0]
        or is_group(name)
        or is_filler(name)
        or is_variant(name)
        or (tokens(name) and UNCLASSIFIED.issuperset(tokens(name)))
    )


def are_views(names: Iterable[str]) -> bool:
    """Whether names say how images were taken, such as `front`, `close up 2` and `40x`."""
    words = [[word for word in tokens(name) if not word.isdigit()] for name in names]
    return all(of_name and VIEWS.issuperset(of_name) for of_name in words)


def are_sizes(names: Collection[str]) -> bool:
    """Whether names are the sizes of versions of the same images, such as `jpeg-192x192` and `jpeg-512x512`."""
    found = [_SIZE.fullmatch(name.strip()) for name in names]
    sizes = {match["side"] for match in found if match}
    return len(names) > 1 and all(found) and len(sizes) == len(names) and sizes <= USUAL_SIZES


def are_symbols(names: Iterable[str]) -> bool:
    """Whether names are numbered symbols, such as `character01`."""
    words = [[word for word in tokens(name) if not word.isdigit()] for name in names]
    return all(of_name and SYMBOLS.issuperset(of_name) for of_name in words)


def are_numbered_containers(names: Collection[str]) -> bool:
    """Whether names are those of parts of a download, such as `images_part_1` and `images_part_2`."""
    stems = {tuple(word for word in tokens(name) if not word.isdigit()) for name in names}
    return len(stems) == 1 and len(names) > 1 and not PARTS_OF_DOWNLOADS.isdisjoint(*stems)


def without_identifiers(name: str) -> tuple[str, str]:
    """The words of a name, and the group that it names: `cat` and `patient_07` of `patient07_cat`."""
    words = [word for word in re.split(r"[\W_]+|(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])", name) if word]
    kept = [word for word in words if not word.isdigit() and word.casefold() not in GROUPS]
    identifier = "_".join(word for word in words if word not in kept)
    return "_".join(kept), identifier if is_group(identifier.replace("_", "-")) else ""


def are_identifiers(names: Iterable[str], *, certain: bool = False) -> bool:
    """Whether names differ only in their numbers (`tree_01`, `tree_02`), as those of specimens or recordings do.

    With `certain`, small numbers alone do not count, because they may as well be the classes of digits or grades.
    """
    names = {name.strip().casefold() for name in names}
    if len(names) < 2 or any(SYNSET.fullmatch(name) or not any(map(str.isdigit, name)) for name in names):
        return False
    stems = {tuple(word for word in tokens(name) if not word.isdigit()) for name in names}
    if len(stems) > max(1, len(names) // 3) or any(not (CLASS_WORDS | UNITS).isdisjoint(stem) for stem in stems):
        return False
    return not certain or any(stems) or all(len(name) > 2 for name in names)


def are_codes(names: Collection[str]) -> bool:
    """Whether names are codes of patients, slides and the like: `SOB_B_A-14-22549AB`, `a3f1c2`."""
    return len(names) > 2 and all(_CODE.search(name) and not SYNSET.fullmatch(name) for name in names)


def _bare(token: str) -> str:
    return _SUFFIX.sub("", token)
