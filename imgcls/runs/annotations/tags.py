"""Tags on the test images of a run, such as "blurred", stored in `tags.json` of the run's folder.

    {"version": 1, "tags": {"blurred": [17, 482]}}        indices of test images, ascending

Writers wait for each other; readers see the file before or after a change.
"""

from collections.abc import Iterable

import filelock

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.system import atomic, json_files

NAME = "tags.json"
VERSION = 1
LENGTH = 30
MOST_TAGS = 50
MOST_IMAGES = 100_000


def read(run: Run) -> dict[str, tuple[int, ...]]:
    """Tag -> indices of test images, ascending; empty if the file is missing or damaged."""
    try:
        content = json_files.read_object(run.folder / NAME)
        tags = content["tags"].items() if content["version"] == VERSION else ()
        return {
            cleaned(tag): tuple(sorted({index for index in indices if type(index) is int and index >= 0}))
            for tag, indices in tags
            if cleaned(tag)
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def change(run: Run, tag: str, indices: Iterable[int], *, given: bool) -> None:
    """Adds a tag to test images or removes it from them; tags without images are deleted.

    Raises:
        RunError: the tag has no printable characters, there are too many tags, or the run's folder is not writable.
    """
    sharing.require(Action.TAG_IMAGES, run.folder)
    tag = cleaned(tag)
    if not tag:
        raise RunError("A tag needs at least one letter or digit.")
    run = store.writable(run)
    changed = {int(index) for index in indices}
    try:
        with filelock.FileLock(run.folder / ".tags.lock", timeout=5):
            tags = {name: set(numbers) for name, numbers in read(run).items()}
            numbers = tags.get(tag, set())
            tags[tag] = numbers | changed if given else numbers - changed
            tags = {name: numbers for name, numbers in tags.items() if numbers}
            if len(tags) > MOST_TAGS or sum(map(len, tags.values())) > MOST_IMAGES:
                raise RunError(f"A run can have at most {MOST_TAGS} tags. Use an existing one or remove one.")
            atomic.write_json(
                run.folder / NAME,
                {"version": VERSION, "tags": {name: sorted(numbers) for name, numbers in sorted(tags.items())}},
            )
    except OSError as error:  # includes the time-out of the lock, which has no strerror
        raise RunError(f"The tag could not be saved: {error.strerror or 'the file is in use'}.") from error


def of_image(run: Run, index: int) -> tuple[str, ...]:
    """The tags of a test image."""
    return tuple(tag for tag, indices in read(run).items() if index in indices)


def cleaned(tag: object) -> str:
    """A tag without control characters, at most `LENGTH` long; "" if it is not text."""
    if not isinstance(tag, str):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in tag)
    return " ".join(printable.split())[:LENGTH].strip()
