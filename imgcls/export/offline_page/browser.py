"""A Chromium without a window that opens a page and evaluates JavaScript in it.

It is controlled through a pair of pipes (Chrome DevTools Protocol, `--remote-debugging-pipe`), so no port is opened and
no package is needed. Linux and macOS only.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the page has to work without a network
)
START_SECONDS = 60
CHUNK = 1 << 20


class BrowserError(Exception):
    """The browser cannot be started, or has ended."""


class PageError(Exception):
    """A script failed in the page; the text is its message."""


def find() -> str | None:
    """The path of an installed Chromium, Chrome or Edge; None if there is none that can be controlled."""
    if sys.platform == "win32":
        return None
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((place for place in PLACES if Path(place).exists()), None)


class Page:
    """A page in a browser of its own; use as a context. `version` is the browser's, such as "Chrome/141.0.7390.65".

    Raises:
        BrowserError: the browser cannot be started.
    """

    def __init__(self, program: str, url: str):
        self._profile = tempfile.TemporaryDirectory(prefix="imgcls-browser-", ignore_cleanup_errors=True)
        self._number = 0
        self._waiting = b""
        self._start(program)
        try:
            self.version = str(self._call("Browser.getVersion", START_SECONDS)["product"])
            target = self._call("Target.createTarget", START_SECONDS, url=url)["targetId"]
            attached = self._call("Target.attachToTarget", START_SECONDS, targetId=target, flatten=True)
            self._session = attached["sessionId"]
            self._wait_until_loaded(url)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def evaluate(self, expression: str, seconds: float = 120) -> Any:
        """The value of a JavaScript expression, a promise awaited.

        Raises:
            PageError: it failed.
            BrowserError: the browser has ended, or does not answer in time.
        """
        answer = self._call(
            "Runtime.evaluate",
            seconds,
            self._session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if problem := answer.get("exceptionDetails"):
            raise PageError(str(problem.get("exception", {}).get("description", problem.get("text", "it failed"))))
        return answer["result"].get("value")

    def _wait_until_loaded(self, url: str) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            # A new page is empty at first, and scripts that run there end with it.
            with contextlib.suppress(PageError):
                if self.evaluate("[location.href, document.readyState]") == [url, "complete"]:
                    return
            time.sleep(0.02)
        raise BrowserError("the page does not load")

    def close(self) -> None:
        """Ends the browser and removes its profile."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        for end in (self._in, self._out):
            with contextlib.suppress(OSError):
                os.close(end)
        self._profile.cleanup()

    def _start(self, program: str) -> None:
        command = [program, *FLAGS, f"--user-data-dir={self._profile.name}"]
        if os.geteuid() == 0:  # its sandbox refuses to run as root, as in a container
            command.append("--no-sandbox")
        given, self._in = map(_moved, os.pipe())
        self._out, results = map(_moved, os.pipe())
        silence = os.open(os.devnull, os.O_RDWR)
        try:
            self._pid = os.posix_spawn(
                program,
                [*command, "about:blank"],
                os.environ,
                file_actions=[
                    *((os.POSIX_SPAWN_DUP2, silence, stream) for stream in (0, 1, 2)),
                    (os.POSIX_SPAWN_DUP2, given, 3),
                    (os.POSIX_SPAWN_DUP2, results, 4),
                ],
                setpgroup=0,
            )
        except OSError as error:
            os.close(self._in)
            os.close(self._out)
            self._profile.cleanup()
            raise BrowserError(f"{program} cannot be started: {error.strerror}") from error
        finally:
            for end in (given, results, silence):
                os.close(end)

    def _call(self, method: str, seconds: float, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        until = time.monotonic() + seconds
        self._write(json.dumps(message).encode() + b"\0", until)
        while True:
            answer = json.loads(self._read(until))
            if answer.get("id") != self._number:
                continue  # an event
            if "error" in answer:
                raise BrowserError(f"{method}: {answer['error'].get('message', '')}")
            return answer["result"]

    def _write(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait([], [self._in], until)
            try:
                rest = rest[os.write(self._in, rest[:CHUNK]) :]
            except BrokenPipeError as error:
                raise BrowserError("the browser has ended") from error

    def _read(self, until: float) -> bytes:
        parts = [self._waiting]
        while b"\0" not in parts[-1]:
            self._wait([self._out], [], until)
            part = os.read(self._out, CHUNK)
            if not part:
                raise BrowserError("the browser has ended")
            parts.append(part)
        message, _, self._waiting = b"".join(parts).partition(b"\0")
        return message

    def _wait(self, to_read: list[int], to_write: list[int], until: float) -> None:
        ready = select.select(to_read, to_write, [], max(0.0, until - time.monotonic()))
        if not any(ready):
            raise BrowserError("the browser does not answer")


def _moved(end: int) -> int:
    """The end of a pipe under a number beyond the 3 and 4 that the browser uses; it is not inherited."""
    moved = fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(end)
    return moved
