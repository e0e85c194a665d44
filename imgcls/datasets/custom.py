"""Data sets that people made of their own pictures: found on the disk, renamed, described, deleted.

<own data>/own-NAME/
    dataset.json      classes, shape, counts, what was left out; names the state   importing process, by rename, last
    label.json        title and note that a person gave it                         page, by rename
    STATE/            the four arrays (1, 2, ...): a new state is written beside the old one
<own data>/.imports/  imports on their way, see imgcls/imports/orders.py
<own data>/.deleted-* what is going away

The folder's name is made from the title once and never changes, as runs refer to it.
"""

import contextlib
import json
import re
import shutil
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcls.errors import DatasetError
from imgcls.system import atomic, paths

PREFIX = "own-"
TITLE_LENGTH, NOTE_LENGTH = 80, 2000
JOINER = "\u200d"  # makes one sign of several, as in families of emoji

_NAME = re.compile(r"own-[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class CustomDataset:
    """What is known of somebody's own data set."""

    name: str
    title: str
    note: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]  # height, width, channels
    counts: tuple[int, int]  # training and test pictures
    fit: str  # "crop" or "pad": how pictures were made square
    held_back: bool  # whether the test part was taken out of the pictures here
    created: float  # seconds since 1970
    changed: float
    state: int
    num_bytes: int
    skipped: tuple[tuple[str, int, tuple[str, ...]], ...]  # reason, how many, the first names
    notes: tuple[str, ...]
    is_multilabel: bool = False  # whether a picture may have several labels
    ink: bool = False  # drawn or written, so a drawing is a fair question


def is_custom(name: str) -> bool:
    """Whether this is a name of somebody's own data set, there or not. Nothing else ever becomes a path."""
    return bool(_NAME.fullmatch(name)) and len(name) <= 80


def names() -> list[str]:
    """Those that can be read, by title."""
    return [name for _, name in sorted((own.title.casefold(), own.name) for own in _all())]


def custom_dataset(name: str) -> CustomDataset:
    """What its card says. Raises DatasetError where it is missing or damaged."""
    found = _read(name)
    if found is not None:
        return found
    if is_custom(name) and folder_of(name).is_dir():
        raise DatasetError(f"The data set '{name}' is damaged. Delete its folder, {folder_of(name)}.")
    raise DatasetError(
        f"The data set '{name}' is not on this machine any more: somebody deleted it or moved its folder. What was "
        "trained on it stays; to train anew, bring the pictures again on the Data page."
    )


def folder_of(name: str) -> Path:
    """The folder of one. Raises DatasetError for a name that is none."""
    if not is_custom(name):
        raise DatasetError(f"'{name[:60]}' is no name of an own data set.")
    return paths.own_folder() / name


def describe(name: str, title: str, note: str) -> None:
    """Gives it another title and note. Raises DatasetError for an empty title or one that another data set has."""
    title = checked_title(title, but=name)
    folder_of(custom_dataset(name).name)
    try:
        atomic.write_json(folder_of(name) / "label.json", {"title": title, "note": note.strip()[:NOTE_LENGTH]})
    except OSError as error:
        raise DatasetError(f"The new name could not be written: {error.strerror or error}. Make room there.") from error


def checked_title(title: str, but: str = "") -> str:
    """The title as it will be stored. Raises DatasetError where it is empty, or another data set than `but` has it."""
    from imgcls.datasets import info

    # No letter that changes how others are shown, such as a mark that turns the direction of writing.
    plain = "".join(letter if letter.isprintable() or letter == JOINER else " " for letter in title)
    title = " ".join(plain.split())[:TITLE_LENGTH].strip()
    if not title:
        raise DatasetError("A data set needs a name: type one, as in 'Leaves of our garden'.")
    for other in info.names():
        if other != but and info.facts(other).title.casefold() == title.casefold():
            raise DatasetError(f"There is already a data set called “{title}”. Choose another name.")
    return title


def free_name(title: str) -> str:
    """A folder name for a new data set: from the title, ASCII, and not taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-") or "pictures"
    name, number = PREFIX + slug, 1
    while (paths.own_folder() / name).exists():
        number += 1
        name = f"{PREFIX}{slug}-{number}"
    return name


def delete(name: str) -> None:
    """Deletes it for good, out of sight by one rename. Raises DatasetError where that is not possible."""
    folder = folder_of(name)
    try:
        atomic.remove_folder(folder)
    except OSError as error:
        raise DatasetError(
            f"The data set could not be deleted: {error.strerror or error}. Look whether a training is using it."
        ) from error
    for changes in folder.parent.glob(f"{folder.name}.edits-*"):  # made by hand, see _edits; nothing is left of it
        changes.unlink(missing_ok=True)


def sweep() -> None:
    """Removes what is left of deleted data sets and of states that were replaced."""
    with contextlib.suppress(OSError):
        for entry in list(paths.own_folder().iterdir()):
            if entry.name.startswith(".deleted-"):
                shutil.rmtree(entry, ignore_errors=True)


def _all() -> list[CustomDataset]:
    try:
        there = [entry.name for entry in paths.own_folder().iterdir() if is_custom(entry.name)]
    except OSError:
        return []
    return [found for found in map(_read, there) if found is not None]


def _read(name: str) -> CustomDataset | None:
    """The card, read anew only when one of its two files has changed: each rerun of a page asks."""
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
        card, label = (json.loads((folder / file).read_bytes()) for file in ("dataset.json", "label.json"))
        return _own_of(folder.name, card, label)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _own_of(name: str, card: dict[str, Any], label: dict[str, Any]) -> CustomDataset:
    height, width, channels = card["shape"]
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
    )
    if len(found.classes) < 2 or found.shape[2] not in (1, 3) or min(found.shape) < 1:
        raise ValueError("no data set")
    return found
