"""TensorBoard: event files with curves, settings and scores. tensorboardX writes them without importing TensorFlow.

Its SummaryWriter writes in a thread, which dies on a full disk while the program waits for it forever. Here, its parts
write in the thread that calls.
"""

import contextlib
import json
import socket
import time
from pathlib import Path
from typing import Any

from imgcls.errors import RunError
from imgcls.export.trackers import history
from imgcls.runs import Run

EXTRA = ("tensorboard", ("tensorboardX",))
FILE_VERSION = "brain.Event:2"
"""What the first event of a file says."""


def log(run: Run, folder: Path, *, follow: bool = False) -> int:
    """Writes an event file into a folder and returns the number of values on the curves.

    If it fails, the event file is removed, except one that follows a training run: it holds all values until then.

    Raises:
        RunError: the folder has event files already, or cannot be written.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.glob("events.out.tfevents.*"))):
        raise RunError(f"{folder} has event files already, and TensorBoard would show both. Choose another folder.")
    from tensorboardX import summary

    new = [one for one in (folder, *folder.parents) if not one.exists()]
    is_kept, count = follow, 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(_Events(folder)) as events:
            settings = history.settings(run)
            events.add(summary.text("settings", f"```\n{json.dumps(settings, ensure_ascii=False, indent=1)}\n```"))
            for point in history.points(run, follow=follow):
                for name, value in point.values.items():
                    events.add(summary.scalar(name, value), point.step, point.time)
                    count += 1
                if follow:
                    events.flush()
            scores = {f"score/{name}": value for name, value in history.scores(run).items()}
            for name, value in scores.items():
                events.add(summary.scalar(name, value))
            plain = {name: value for name, value in settings.items() if isinstance(value, bool | int | float | str)}
            for part in summary.hparams(plain, scores):
                events.add(part)
        is_kept = True
    except OSError as error:
        raise RunError(f"{folder} could not be written: {error.strerror or error}.") from error
    finally:
        if not is_kept:
            _remove(folder, new)
    return count


class _Events:
    """A new event file in a folder."""

    def __init__(self, folder: Path):
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import RecordWriter

        self._event = Event
        self._file = RecordWriter(str(folder / f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}"))
        self._file.write(Event(wall_time=time.time(), file_version=FILE_VERSION).SerializeToString())

    def add(self, summary: Any, step: int = 0, seconds: float | None = None) -> None:
        """Adds values at a step; `seconds` since 1970, by default now."""
        self._file.write(self._event(summary=summary, step=step, wall_time=seconds or time.time()).SerializeToString())

    def flush(self) -> None:
        """Writes what waits."""
        self._file.flush()

    def close(self) -> None:
        """Writes what waits, and closes the file."""
        self._file.close()


def _remove(folder: Path, new: list[Path]) -> None:
    """Removes the event file, and the new folders, innermost first."""
    with contextlib.suppress(OSError):
        for path in folder.glob("events.out.tfevents.*"):
            path.unlink()
        for one in new:
            one.rmdir()
