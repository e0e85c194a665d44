"""The heartbeat: a thread that touches the file `heartbeat` every second, even while TensorFlow is being imported.

The file holds the state of the trainer: `waiting`, `running`, `paused`, `ended` or `diskfull`. The thread also ends the
trainer when the main thread cannot: on a request to stop before the training starts, whenever the run folder was
deleted, and if another trainer was started for the run, because this one seemed to be dead while its machine was cut
off.
"""

import contextlib
import os
import threading
from collections.abc import Callable

from imgcls.errors import RunError
from imgcls.runs.run import HEARTBEAT_WIDTH, Run
from imgcls.training.process import outage

TOUCH_SECONDS = 1.0
CHECK_SECONDS = 0.25


class Heartbeat:
    """Runs from `start` to `stop`. Until `hand_over`, it calls `give_up` as soon as `should_stop` returns True."""

    def __init__(self, run: Run, should_stop: Callable[[], bool], give_up: Callable[[], None]):
        self._run = run
        self._should_stop = should_stop
        self._give_up = give_up
        self._state = "running"
        self._last_word = "ended"
        self._ticket: str | None = None
        self._outage = outage.Watch(run.folder)
        self._ended = threading.Event()
        self._handed_over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        with contextlib.suppress(RunError):
            self._ticket = self._run.ticket
        touch(self._run, self._state)
        self._thread.start()

    def set_state(self, state: str) -> None:
        """Writes another state to the file."""
        self._state = state
        touch(self._run, state)

    def end_with(self, word: str) -> None:
        """`stop` will write this word instead of "ended"."""
        self._last_word = word

    def hand_over(self) -> None:
        """From now on the training loop handles requests."""
        self._handed_over.set()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        touch(self._run, self._last_word)

    def _beat(self) -> None:
        checks = 0
        while not self._ended.wait(CHECK_SECONDS):
            checks += 1
            if checks % round(TOUCH_SECONDS / CHECK_SECONDS) == 0:
                touch(self._run, self._state)
                self._exit_if_replaced()
            if self._outage.is_deleted():
                os._exit(3)
            if not self._handed_over.is_set() and self._should_stop():
                self._give_up()

    def _exit_if_replaced(self) -> None:
        try:
            ticket = self._run.ticket
        except RunError:
            return  # damaged, or cannot be read for the moment
        if ticket != self._ticket and (self._run.folder / "trainer.json").exists():
            print("Another trainer was started for this run, so this one ends.", flush=True)
            os._exit(4)


def touch(run: Run, state: str) -> None:
    """Writes the state and updates the modification time of the file.

    Errors are ignored: a full disk or a read-only folder must not end a training run. The state is written in place
    with a fixed width, so that a reader never finds an empty file.
    """
    try:
        file = os.open(run.folder / "heartbeat", os.O_WRONLY | os.O_CREAT, 0o666)
    except OSError:
        return
    try:
        os.write(file, state.ljust(HEARTBEAT_WIDTH).encode())
    except OSError:
        pass
    finally:
        os.close(file)
    with contextlib.suppress(OSError):
        os.utime(run.folder / "heartbeat")
