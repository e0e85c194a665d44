"""Notes on a run and its epochs, its tags, and whether it is archived, stored in `notes.json` of the run's folder.

    {"version": 1, "note": "wider, no better", "tags": ["baseline"], "epochs": {"3": "loss jumps"}, "archived": false}

Writers wait for each other; readers see the file before or after a change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import filelock

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.runs import store
from imgcls.runs.annotations.tags import cleaned
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.system import atomic, json_files

NAME = "notes.json"
VERSION = 1
LONGEST = 4_000
MOST_TAGS = 20
MOST_EPOCHS = 200


@dataclass(frozen=True)
class Notes:
    """The content of the file."""

    note: str = ""
    tags: tuple[str, ...] = ()
    epochs: dict[int, str] = field(default_factory=dict)
    archived: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "version": VERSION,
            "note": self.note,
            "tags": list(self.tags),
            "epochs": {str(epoch): text for epoch, text in sorted(self.epochs.items())},
            "archived": self.archived,
        }


def read(run: Run) -> Notes:
    """The notes of a run; empty if the file is missing or damaged."""
    try:
        content = json_files.read_object(run.folder / NAME)
        if content["version"] != VERSION:
            return Notes()
        epochs = content.get("epochs", {}).items()
        return Notes(
            _text(content.get("note")),
            tuple(dict.fromkeys(tag for one in content.get("tags", []) if (tag := cleaned(one))))[:MOST_TAGS],
            {int(epoch): _text(text) for epoch, text in epochs if epoch.isdigit() and len(epoch) < 7 and _text(text)},
            content.get("archived") is True,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Notes()


def set_note(run: Run, text: str) -> None:
    """Replaces the note on the run; an empty one removes it. Raises as `change` does."""
    change(run, lambda notes: replace(notes, note=_text(text)))


def set_epoch(run: Run, epoch: int, text: str) -> None:
    """Replaces the note on an epoch; an empty one removes it. Raises as `change` does."""

    def changed(notes: Notes) -> Notes:
        epochs = {**notes.epochs, epoch: _text(text)}
        epochs = {number: note for number, note in epochs.items() if note}
        if len(epochs) > MOST_EPOCHS:
            raise RunError(f"At most {MOST_EPOCHS} epochs of a run can have a note.")
        return replace(notes, epochs=epochs)

    change(run, changed)


def tag(run: Run, name: str, *, given: bool) -> None:
    """Adds a tag to the run or removes it. Raises as `change` does."""
    name = cleaned(name)
    if not name:
        raise RunError("A tag needs at least one letter or digit.")

    def changed(notes: Notes) -> Notes:
        tags = [one for one in notes.tags if one != name] + ([name] if given else [])
        if len(tags) > MOST_TAGS:
            raise RunError(f"A run can have at most {MOST_TAGS} tags.")
        return replace(notes, tags=tuple(tags))

    change(run, changed)


def archive(run: Run, *, archived: bool) -> None:
    """Hides the run from the table of runs, or shows it again; nothing else changes. Raises as `change` does."""
    change(run, lambda notes: replace(notes, archived=archived))


def change(run: Run, changed: Callable[[Notes], Notes]) -> None:
    """Changes the notes of a run.

    Raises:
        RunError: the run's folder is not writable.
        NotAllowed: it is not the visitor's run.
    """
    sharing.require(Action.RENAME_RUN, run.folder)
    run = store.writable(run)
    try:
        with filelock.FileLock(run.folder / ".notes.lock", timeout=5):
            atomic.write_json(run.folder / NAME, changed(read(run)).as_dict())
    except OSError as error:  # includes the time-out of the lock, which has no strerror
        raise RunError(f"The note could not be saved: {error.strerror or 'the file is in use'}.") from error


def _text(text: object) -> str:
    """Text without control characters other than line breaks, at most `LONGEST` long; "" for anything else."""
    if not isinstance(text, str):
        return ""
    kept = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    return kept.encode("utf-8", "ignore").decode()[:LONGEST].strip()
