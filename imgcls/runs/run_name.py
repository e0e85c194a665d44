"""The name of a run, `label.txt`."""

from pathlib import Path

NAME = "label.txt"
LENGTH = 60
MOST_BYTES = 10_000


def clean(text: str) -> str:
    """A name without control and direction characters, at most `LENGTH` long, possibly empty."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LENGTH].strip()


def read(folder: Path) -> str:
    """The name that the user gave the run in this folder, or "" if there is none."""
    try:
        with (folder / NAME).open("rb") as file:
            return clean(file.read(MOST_BYTES).decode("utf-8", "replace"))
    except OSError:
        return ""
