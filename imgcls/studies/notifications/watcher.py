"""Looks for events every few seconds and sends them. One process per folder of runs does so."""

import contextlib
import json
import logging
import threading
import time
from typing import Any

import filelock

from imgcls.sharing import acting_as
from imgcls.sharing.visitors import SERVER
from imgcls.studies.notifications import channels, events
from imgcls.studies.notifications import settings as stored
from imgcls.studies.notifications.events import Event, Memory
from imgcls.studies.notifications.problems import sentence as explained
from imgcls.studies.notifications.settings import Settings
from imgcls.system import atomic, json_files

ROUND_SECONDS = 5.0
ATTEMPTS = 3
RETRY_SECONDS = 60.0
MOST_HELD = 200
LOGGED = 50
LOG, STATE, LOCK = "log.jsonl", "state.json", ".watcher.lock"

_log = logging.getLogger(__name__)


class Watcher:
    """Its memory is on disk, so that what ends while no process watches is reported afterwards."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.held: list[Event] = []
        """What waits for the end of the quiet hours, or for a channel that could not be reached."""
        self._attempts: dict[str, tuple[int, float]] = {}
        self._pending: dict[str, list[Event]] = {}
        self.problems: dict[str, str] = {}
        self._load()

    def round(self, now: float) -> list[Event]:
        """One look; returns what was found. `now`: seconds since 1970."""
        settings = stored.read()
        rules = settings.rules if "threshold" in settings.kinds else ()
        new = events.since(self.memory, now, trials=settings.trials, rules=rules)
        found = [event for event in new if event.kind in settings.kinds]
        self.held = [*self.held, *found][-MOST_HELD:]
        if self.held and not settings.is_quiet(now):
            self._announce(self.held)
            for name, channel in channels.all_channels().items():
                if channel.is_on(settings):
                    self._pending.setdefault(name, []).extend(self.held)
            self.held = []
        self._send(settings, now)
        self._save()
        events.fetched(self.memory)
        return found

    def _send(self, settings: Settings, now: float) -> None:
        for name, waiting in list(self._pending.items()):
            channel, (attempts, last) = channels.all_channels()[name], self._attempts.get(name, (0, -1e9))
            if not channel.is_on(settings):
                del self._pending[name]
                continue
            if attempts and now - last < RETRY_SECONDS:
                continue
            try:
                channel.send(settings, waiting)
            except (OSError, ValueError) as error:
                self.problems[name] = explained(error)
                _log.warning("A notification by %s could not be sent: %s", name, self.problems[name])
                attempts += 1
                if attempts < ATTEMPTS:
                    self._attempts[name] = attempts, now
                    continue
            else:
                self.problems.pop(name, None)
            self._attempts.pop(name, None)
            del self._pending[name]

    def _announce(self, found: list[Event]) -> None:
        """Adds the events to the log that browsers read."""
        path = stored.folder() / LOG
        lines = [json.dumps(event.as_dict()) for event in [*latest(), *found]][-LOGGED:]
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_bytes(path, ("\n".join(lines) + "\n").encode())

    def _load(self) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            content = json_files.read_object(stored.folder() / STATE)
            self.memory = Memory(
                [str(one) for one in content["runs"]],
                [str(one) for one in content["studies"]],
                [str(one) for one in content["told"]],
            )
            self.held = [_event(one) for one in content["held"]][-MOST_HELD:]
            self._pending = {
                str(name): [_event(one) for one in waiting]
                for name, waiting in content["pending"].items()
                if name in channels.all_channels()
            }

    def _save(self) -> None:
        content = {
            "runs": self.memory.runs,
            "studies": self.memory.studies,
            "told": self.memory.told,
            "held": [event.as_dict() for event in self.held],
            "pending": {name: [one.as_dict() for one in waiting] for name, waiting in self._pending.items()},
            "problems": self.problems,
        }
        path = stored.folder() / STATE
        with contextlib.suppress(OSError, ValueError, FileNotFoundError):
            if json_files.read_object(path) == content:
                return
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_json(path, content)


def _event(content: dict[str, Any]) -> Event:
    texts = {name: str(content[name]) for name in ("kind", "title", "text", "key", "link")}
    facts = content.get("facts")
    return Event(at=float(content["at"]), facts=facts if isinstance(facts, dict) else {}, **texts)


def latest() -> list[Event]:
    """The latest events, the oldest first; those of a damaged log are left out."""
    found = []
    with contextlib.suppress(OSError, UnicodeError):
        for line in (stored.folder() / LOG).read_text("utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                found.append(_event(json.loads(line)))
    return found


def problems() -> dict[str, str]:
    """Channel -> why the last message could not be sent."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = json_files.read_object(stored.folder() / STATE).get("problems", {})
        return {str(name): str(text) for name, text in found.items()}
    return {}


def test(settings: Settings, now: float) -> dict[str, str]:
    """Sends a test message by every channel that is set up: channel -> "" or what went wrong."""
    event = Event("finished", "Test message", "Notifications of imgcls arrive here.", f"test-{now:.0f}", now, "/runs")
    found = {}
    for name, channel in channels.all_channels().items():
        if channel.is_on(settings):
            try:
                channel.send(settings, [event])
                found[name] = ""
            except (OSError, ValueError) as error:
                found[name] = explained(error)
    return found


def watch() -> threading.Event:
    """Watches in a thread of this process, unless another process does. Setting the returned event ends it."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            stored.folder().parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):
                stored.folder().mkdir(exist_ok=True)
            with contextlib.suppress(filelock.Timeout, OSError), filelock.FileLock(stored.folder() / LOCK, timeout=0):
                watcher = Watcher()
                while not ended.is_set():
                    try:
                        with acting_as(SERVER):
                            watcher.round(time.time())
                    except Exception:  # noqa: BLE001  (one bad round must not end all later ones; it is logged)
                        _log.exception("A look for events has failed.")
                    ended.wait(ROUND_SECONDS)
            ended.wait(ROUND_SECONDS)

    threading.Thread(target=work, name="notifications", daemon=True).start()
    return ended
