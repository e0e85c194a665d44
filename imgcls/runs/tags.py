"""Words that people give to test pictures of a run, such as "blurred": kept in `tags.json` of the run's folder.

    {"version": 1, "tags": {"blurred": [17, 482]}}        numbers of test pictures, ascending

Two people who tag in the same moment wait for each other; readers see the file before or after.
"""

import json
from collections.abc import Iterable

import filelock

from imgcls.errors import RunError
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.system import atomic

NAME = "tags.json"
VERSION = 1
LENGTH = 30
MOST_TAGS = 50
MOST_IMAGES = 100_000


def read(run: Run) -> dict[str, tuple[int, ...]]:
    """Tag -> numbers of test pictures, ascending; a file that is missing or damaged has none."""
    try:
        said = json.loads((run.folder / NAME).read_bytes())
        tags = said["tags"].items() if said["version"] == VERSION else ()
        return {
            cleaned(tag): tuple(sorted({index for index in indices if type(index) is int and index >= 0}))
            for tag, indices in tags
            if cleaned(tag)
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def change(run: Run, tag: str, indices: Iterable[int], *, given: bool) -> None:
    """Gives these test pictures a tag, or takes it from them; a tag without pictures is gone.

    Raises:
        RunError: nothing readable is left of the tag, there are too many, or the run cannot be written.
    """
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
                raise RunError(f"A run keeps at most {MOST_TAGS} tags. Use one that is there, or take one away.")
            atomic.write_json(
                run.folder / NAME,
                {"version": VERSION, "tags": {name: sorted(numbers) for name, numbers in sorted(tags.items())}},
            )
    except OSError as error:  # a lock that was not given in time is one, without words
        raise RunError(f"The tag could not be kept: {error.strerror or 'others write at the moment'}.") from error


def of_image(run: Run, index: int) -> tuple[str, ...]:
    """The tags of a test picture."""
    return tuple(tag for tag, indices in read(run).items() if index in indices)


def cleaned(tag: object) -> str:
    """A tag without control characters, at most `LENGTH` long; nothing for what is no text."""
    if not isinstance(tag, str):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in tag)
    return " ".join(printable.split())[:LENGTH].strip()
