"""The sign of life: a thread that touches `heartbeat` each second, also while TensorFlow is being imported.

The file holds a word, `waiting`, `running` or `paused`. The thread also answers for the trainer while nothing else can:
a request to stop ends a trainer that has not begun to train, and a run folder that is gone ends any.
"""

import contextlib
import os
import threading
from collections.abc import Callable

from imgcls.runs.run import HEARTBEAT_WIDTH, Run

TOUCH_SECONDS = 1.0
LOOK_SECONDS = 0.25


class Heartbeat:
    """Beats from `start` to `stop`. Until `release`, `give_up` is called once `asked_to_stop` says yes."""

    def __init__(self, run: Run, asked_to_stop: Callable[[], bool], give_up: Callable[[], None]):
        self._run = run
        self._asked_to_stop = asked_to_stop
        self._give_up = give_up
        self._word = "running"
        self._ended = threading.Event()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        touch(self._run, self._word)
        self._thread.start()

    def say(self, word: str) -> None:
        """From now on the file holds this word."""
        self._word = word
        touch(self._run, word)

    def release(self) -> None:
        """From here on the training loop looks for requests itself."""
        self._released.set()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        looks = 0
        while not self._ended.wait(LOOK_SECONDS):
            looks += 1
            if looks % round(TOUCH_SECONDS / LOOK_SECONDS) == 0:
                touch(self._run, self._word)
            if not self._run.folder.is_dir():
                os._exit(3)  # The run was deleted: there is nothing left to write to.
            if not self._released.is_set() and self._asked_to_stop():
                self._give_up()


def touch(run: Run, word: str) -> None:
    """A full disk or a read-only folder must not end a training, so a failed touch is only a missed beat.

    The word is written in place, always as wide, so that a reader never meets an empty file.
    """
    try:
        file = os.open(run.folder / "heartbeat", os.O_WRONLY | os.O_CREAT, 0o666)
    except OSError:
        return
    try:
        os.write(file, word.ljust(HEARTBEAT_WIDTH).encode())
    except OSError:
        pass
    finally:
        os.close(file)
    with contextlib.suppress(OSError):
        os.utime(run.folder / "heartbeat")
