"""The name of a run, `label.txt`."""

from pathlib import Path

NAME = "label.txt"
LENGTH = 60
MOST_BYTES = 10_000


def clean(text: str, most: int = LENGTH) -> str:
    """A name without control and direction characters, possibly empty. One longer than `most` ends with "…"."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    name = " ".join(printable.split())
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def with_ending(text: str, ending: str) -> str:
    """The name of one of several similar runs: a long name is shortened, but never the ending that tells them apart."""
    return clean(text, LENGTH - len(ending)) + ending


def read(folder: Path, most: int = LENGTH) -> str:
    """The name that the user gave the run (or study) in this folder, or "" if there is none."""
    try:
        with (folder / NAME).open("rb") as file:
            return clean(file.read(MOST_BYTES).decode("utf-8", "replace"), most)
    except OSError:
        return ""
