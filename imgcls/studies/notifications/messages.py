"""Messages that the user's own code sends about a run: `imgcls.notify` and `imgcls run notify`.

    <runs>/_notifications/messages/<time>-<random>.json     {"at": 1764583200.5, "run": "…", "text": "…"}

Each message is a file of its own, so its sender is the only writer. The watcher sends what it finds, in the order in
which it was written, and removes the files once its own memory of them is on disk.
"""

import contextlib
import secrets
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from imgcls import sharing
from imgcls.errors import RunError, SettingError
from imgcls.runs import Run
from imgcls.sharing import Action
from imgcls.studies.notifications import settings
from imgcls.system import atomic, json_files

FOLDER = "messages"
MOST_TEXT = 500
"""Characters of a message; the rest is cut off."""
MOST_WAITING = 100
"""Messages that no server has fetched yet: a loop that sends one per batch must not fill the disk."""
LARGEST = 1e12


@dataclass(frozen=True)
class Message:
    """A text about a run, and when it was written, in seconds since 1970. `key` is its own."""

    key: str
    run: str
    text: str
    at: float


def send(run: Run, text: str) -> None:
    """Leaves a message for the app's server, which sends it within seconds if it runs, or else at its next start.

    Raises:
        SettingError: the text is empty, or is no text.
        RunError: too many messages wait, or the file cannot be written.
        NotAllowed: it is not the visitor's run.
    """
    sharing.require(Action.RENAME_RUN, run.folder)
    if not isinstance(text, str) or not (said := cleaned(text)):
        raise SettingError('There is nothing to send: write a text, for example "The night run is done.".')
    now = time.time()
    folder = _folder()
    path = folder / f"{int(now * 1000):013d}-{secrets.token_hex(4)}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if len(_names(folder)) >= MOST_WAITING:
            raise RunError(
                f"{MOST_WAITING} messages wait to be sent. The app's server sends them: start it with “imgcls app”, or "
                "send less often."
            )
        atomic.write_json(path, {"at": round(now, 3), "run": run.id, "text": said})
    except OSError as error:
        raise RunError(f"The message could not be written: {error.strerror or error}.") from error


def waiting() -> list[Message]:
    """The messages that wait, the oldest first. Files that `send` cannot have written are removed."""
    found = []
    for name in _names(_folder()):
        try:
            found.append(_read(_folder() / name))
        except OSError:
            continue  # removed meanwhile, or not readable now
        except (ValueError, KeyError, TypeError):
            remove(Path(name).stem)
    return found


def remove(key: str) -> None:
    """Removes a message that has been fetched."""
    with contextlib.suppress(OSError):
        (_folder() / f"{key}.json").unlink(missing_ok=True)


def cleaned(text: str) -> str:
    """One line without control characters and marks that change the direction of writing, of limited length."""
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text[: 4 * MOST_TEXT])
    line = " ".join(plain.split())
    return line if len(line) <= MOST_TEXT else f"{line[: MOST_TEXT - 1].rstrip()}…"


def _folder() -> Path:
    return settings.folder() / FOLDER


def _names(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(one.name for one in folder.iterdir() if one.suffix == ".json")[:MOST_WAITING]
    return []


def _read(path: Path) -> Message:
    content = json_files.read_object(path)
    text, run, at = cleaned(content["text"]), content["run"], content["at"]
    if not text or not isinstance(run, str) or not json_files.is_number(at, 0.0, LARGEST):
        raise ValueError(path.name)
    return Message(path.stem, run, text, float(at))
