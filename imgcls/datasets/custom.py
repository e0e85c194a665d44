"""Custom datasets, made from the user's own images: list, read, rename, describe and delete them.

<own data>/own-NAME/
    dataset.json      classes, shape, counts, skipped files; names the state   import process, by rename, last
    label.json        title and note                                           page, by rename
    STATE/            the four arrays (1, 2, ...), and skipped.csv, the files that were not imported and why;
                      a new state is written next to the old one
<own data>/.imports/  imports in progress, see imgcls/datasets/importing/execution/job.py
<own data>/.deleted-* being deleted

The folder name is derived from the title once and never changes, because runs refer to it.
"""

import contextlib
import re
import shutil
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcls import sharing
from imgcls.datasets.info import DatasetInfo
from imgcls.errors import DatasetError
from imgcls.images.files.pixel_scale import NO_SCALE, PixelScale, from_json
from imgcls.sharing import Action, guarding, ownership
from imgcls.system import atomic, json_files, paths

PREFIX = "own-"
SKIPPED = "skipped.csv"
OF_OWNER = " · "
"""Between the title of a dataset and the name of its owner, as others read it."""
TITLE_LENGTH, NOTE_LENGTH = 80, 2000
CLASS_NAME_LENGTH = 300
ZERO_WIDTH_JOINER = "\u200d"  # joins several emoji into one; the only unprintable character allowed in titles

_NAME = re.compile(r"own-[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class CustomDataset:
    """What the folder of a custom dataset says about it."""

    name: str
    title: str
    note: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]  # height, width, channels
    counts: tuple[int, int]  # training and test images
    fit: str  # "crop" or "pad": how images were made square
    held_back: bool  # whether the test set was split off here
    created: float  # seconds since 1970
    changed: float
    state: int
    num_bytes: int
    skipped: tuple[tuple[str, int, tuple[str, ...]], ...]  # reason, number of files, the first names
    notes: tuple[str, ...]
    is_multilabel: bool = False
    ink: bool = False  # pen strokes, so drawings on the Predict page match it
    ink_source: str = ""  # "dark" or "light": what the ink was in the original images; stored it is always light
    pixels: PixelScale = NO_SCALE  # how values beyond 8 bits and many bands became colours
    has_groups: bool = False  # whether images belong to groups that a split must not cut
    test_fraction: float = 0.2  # of the split made here, as are the next four
    split_seed: int = 0
    is_stratified: bool = True
    keeps_groups: bool = True
    links_duplicates: bool = False


def is_custom(name: str) -> bool:
    """Whether this could be the name of a custom dataset, existing or not. No other name ever becomes a path."""
    return bool(_NAME.fullmatch(name)) and len(name) <= 80


def names() -> list[str]:
    """The readable custom datasets that the visitor sees, by title."""
    return [name for _, name in sorted((found.title.casefold(), found.name) for found in _all())]


def custom_dataset(name: str) -> CustomDataset:
    """A custom dataset, from its folder. Raises DatasetError if it is missing, damaged, or hidden from the visitor."""
    is_hidden = is_custom(name) and not guarding.is_visible(folder_of(name))
    found = None if is_hidden else _read(name)
    if found is not None:
        return found
    if not is_hidden and is_custom(name) and folder_of(name).is_dir():
        raise DatasetError(f"The dataset '{name}' is damaged. Delete its folder, {folder_of(name)}.")
    raise DatasetError(
        f"The dataset '{name}' is no longer on this machine: it was deleted, or its folder was moved. Models trained "
        "on it are unaffected; to train again, import the images again on the Data page."
    )


def facts(name: str) -> DatasetInfo:
    """The facts about a custom dataset, in the form all datasets share. Raises DatasetError.

    Two people may use the same title, so that of somebody else's dataset carries their name.
    """
    found = custom_dataset(name)
    if sharing.is_shared():
        thing = ownership.of(folder_of(name))
        if thing.owner and thing.owner != sharing.current().id:
            owner = ownership.name_of(thing)
            found = replace(found, title=f"{found.title}{OF_OWNER}{owner}" if owner else found.title)
    return _facts(found)


def folder_of(name: str) -> Path:
    """The folder of a custom dataset. Raises DatasetError if this cannot be the name of one."""
    if not is_custom(name):
        raise DatasetError(f"'{name[:60]}' is not the name of a custom dataset.")
    return paths.own_folder() / name


def skipped_file(name: str) -> Path | None:
    """The CSV file with all files that the import of this dataset skipped; None if there is none."""
    path = folder_of(name) / str(custom_dataset(name).state) / SKIPPED
    return path if path.is_file() else None


def describe(name: str, title: str, note: str, titles: Collection[str]) -> None:
    """Sets title and note. Raises DatasetError if the title is empty or one of `titles`, those of other datasets."""
    sharing.require(Action.DESCRIBE_DATASET, folder_of(custom_dataset(name).name))
    title = checked_title(title, titles)
    try:
        atomic.write_json(folder_of(name) / "label.json", {"title": title, "note": note.strip()[:NOTE_LENGTH]})
    except OSError as error:
        raise DatasetError(
            f"The new name could not be saved: {error.strerror or error}. Free some disk space and try again."
        ) from error


def checked_title(title: str, titles: Collection[str]) -> str:
    """The title as it will be stored. Raises DatasetError if it is empty or already in use, that is one of `titles`."""
    # Unprintable characters could change how other text is displayed, e.g. marks that reverse the text direction.
    plain = "".join(letter if letter.isprintable() or letter == ZERO_WIDTH_JOINER else " " for letter in title)
    title = " ".join(plain.split())[:TITLE_LENGTH].strip()
    if not title:
        raise DatasetError("A dataset needs a name. Enter one, such as 'Garden leaves'.")
    if title.casefold() in {other.casefold() for other in titles}:
        raise DatasetError(f"There is already a dataset called “{title}”. Choose another name.")
    return title


def free_name(title: str) -> str:
    """A folder name for a new dataset: derived from the title, ASCII, and not taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-") or "pictures"
    name, number = PREFIX + slug, 1
    while (paths.own_folder() / name).exists():
        number += 1
        name = f"{PREFIX}{slug}-{number}"
    return name


def delete(name: str) -> None:
    """Deletes a dataset for good; a single rename makes it disappear. Raises DatasetError if that is not possible."""
    folder = folder_of(name)
    sharing.require(Action.DELETE_DATASET, folder)
    try:
        atomic.remove_folder(folder)
    except OSError as error:
        raise DatasetError(
            f"The dataset could not be deleted: {error.strerror or error}. Check whether a training run is using it."
        ) from error
    for edits in folder.parent.glob(f"{folder.name}.edits-*"):
        edits.unlink(missing_ok=True)


def sweep() -> None:
    """Removes leftovers of deleted datasets."""
    with contextlib.suppress(OSError):
        for entry in list(paths.own_folder().iterdir()):
            if entry.name.startswith(".deleted-"):
                shutil.rmtree(entry, ignore_errors=True)


def _all() -> list[CustomDataset]:
    try:
        there = [
            entry.name for entry in paths.own_folder().iterdir() if is_custom(entry.name) and guarding.is_visible(entry)
        ]
    except OSError:
        return []
    return [found for found in map(_read, there) if found is not None]


def _read(name: str) -> CustomDataset | None:
    """Parsed again only if one of the two files has changed, since every rerun of a page asks for it."""
    if not is_custom(name):
        return None
    folder = paths.own_folder() / name
    try:
        stamps = tuple((folder / file).stat().st_mtime_ns for file in ("dataset.json", "label.json"))
    except OSError:
        return None
    return _parsed(folder, stamps)


@lru_cache(256)
def _parsed(folder: Path, _stamps: tuple[int, ...]) -> CustomDataset | None:
    try:
        card, label = (json_files.read_object(folder / file) for file in ("dataset.json", "label.json"))
        return _from_json(folder.name, card, label)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _from_json(name: str, card: dict[str, Any], label: dict[str, Any]) -> CustomDataset:
    height, width, channels = card["shape"]
    split = card.get("split") or {}
    found = CustomDataset(
        name=name,
        title=str(label["title"])[:TITLE_LENGTH] or name,
        note=str(label["note"])[:NOTE_LENGTH],
        classes=tuple(map(str, card["classes"])),
        shape=(int(height), int(width), int(channels)),
        counts=(int(card["counts"]["train"]), int(card["counts"]["test"])),
        fit="pad" if card["fit"] == "pad" else "crop",
        held_back=bool(card["held_back"]),
        created=float(card["created"]),
        changed=float(card["changed"]),
        state=int(card["state"]),
        num_bytes=sum(map(int, card["bytes"].values())),
        skipped=tuple((str(e["reason"]), int(e["count"]), tuple(map(str, e["first"]))) for e in card["skipped"]),
        notes=tuple(map(str, card["notes"])),
        is_multilabel=card.get("several") is True,
        ink=card.get("ink") is True,
        ink_source=str(card.get("ink_source") or ""),
        pixels=from_json(card.get("pixels")),
        has_groups=card.get("groups") is True,
        test_fraction=float(split.get("fraction", 0.2)),
        split_seed=int(split.get("seed", 0)),
        is_stratified=split.get("stratified", True) is True,
        keeps_groups=split.get("keep_groups", True) is True,
        links_duplicates=split.get("link_duplicates", False) is True,
    )
    if len(found.classes) < 2 or found.shape[2] not in (1, 3) or min(found.shape) < 1:
        raise ValueError("not a dataset")
    if max(map(len, found.classes)) > CLASS_NAME_LENGTH:
        raise ValueError("a class name that no import writes")
    return found


@lru_cache(64)
def _facts(found: CustomDataset) -> DatasetInfo:
    return DatasetInfo(
        name=found.name,
        title=found.title,
        text=found.note or "Your own images.",
        classes=found.classes,
        shape=found.shape,
        counts=found.counts,
        source="own",
        megabytes=0.0,
        ink=found.ink,
        avoid={},
        pixels=found.pixels,
        is_multilabel=found.is_multilabel,
        fit="" if found.ink else found.fit,  # ink is cropped and centred, whatever the shape of the image
    )
