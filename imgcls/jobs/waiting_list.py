"""The queue on disk. Each waiting run holds its own ticket and position, so there is no list that could be damaged.

Whoever gives out positions holds a lock meanwhile: of many people who press Start at once, no two get the same one.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from imgcls import runs
from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.sharing import ownership
from imgcls.system import atomic, json_files, nodes, paths, processes

NAME = "queued.json"
PROBLEM = ".queue-problem"
"""Why the queue cannot start trainers at the moment, for the pages; missing if it can. With "-BACKEND" appended."""
LOCK, LOCK_SECONDS = ".places.lock", 30.0
MAX_PLACE = 1e15
"""A position beyond this, or one that is not a number, was not written by the queue."""

MOST_REFUSALS, MOST_LETTERS = 1_000, 1_000


@dataclass(frozen=True)
class Refusal:
    """How often a queued run was not taken, and why the last time."""

    times: int
    reason: str

    def sentence(self) -> str:
        """For people who wait for the run."""
        times = "once" if self.times == 1 else f"{self.times} times"
        return f"Refused {times}, and tried again after a pause: {self.reason.rstrip('.')}."


def waiting() -> list[Run]:
    """The queued runs, the next one first: everybody's first run before anybody's second.

    A run in training counts, too. Runs of one person keep the positions that they gave them; on a server that is not
    shared, all runs are of one person.
    """
    found = []
    for path in paths.runs_folder().glob(f"[!.]*/{NAME}"):
        run = Run(path.parent)
        if runs.ID.fullmatch(run.id) and run.state == "queued" and run.is_waiting:
            found.append((_place(run), run.id, run))
    return _fair([run for _, _, run in sorted(found, key=lambda entry: entry[:2])])


def of_same_owner(run: Run, queue: list[Run]) -> list[Run]:
    """The runs of a queue that belong to the owner of a run: only among these can it be moved."""
    owner = ownership.of(run.folder).owner
    return [other for other in queue if ownership.of(other.folder).owner == owner]


def _fair(queue: list[Run]) -> list[Run]:
    """The same runs: first those with the fewest earlier runs of the same owner; among these, by position."""
    owners = [ownership.of(run.folder).owner for run in queue]
    if len(set(owners)) < 2:
        return queue
    before = Counter(_training_owners())
    turns = []
    for owner in owners:
        turns.append(before[owner])
        before[owner] += 1
    return [queue[index] for index in sorted(range(len(queue)), key=lambda index: (turns[index], index))]


def _training_owners() -> list[str]:
    """The owner of each run in training."""
    folders = [path.parent for path in paths.runs_folder().glob("[!.]*/trainer.json")]
    candidates = [Run(folder) for folder in folders if not (folder / "result.json").exists()]
    return [ownership.of(run.folder).owner for run in candidates if run.state in ("starting", "running")]


@contextlib.contextmanager
def places() -> Iterator[None]:
    """Positions do not change inside the block, except by the caller.

    Raises:
        RunError: the folder for runs is not writable, or has no file locks.
    """
    root = paths.runs_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = processes.acquired(root / LOCK, LOCK_SECONDS, 0.01)
    except filelock.Timeout as error:
        raise RunError("The queue cannot be changed: it is in use. Try again in a moment.") from error
    except OSError as error:
        raise RunError(f"The queue cannot be changed: {error.strerror}. Try again in a moment.") from error
    try:
        yield
    finally:
        lock.release()


def last_place() -> float:
    """The position after all queued runs. Hold `places` until it is used."""
    return max((_place(run) for run in waiting()), default=0.0) + 1


def enter(run: Run) -> None:
    """Put a run at the end of the queue with a new ticket, so that an earlier trainer's files no longer count.

    Raises:
        RunError: It cannot be written.
    """
    with places():
        _write(run, runs.new_ticket(), last_place())


def enter_again(run: Run, *, refusal: Refusal | None = None) -> None:
    """Put a run back at its previous position with a new ticket. `refusal`: it was not taken.

    Raises:
        RunError: It cannot be written.
    """
    _write(run, runs.new_ticket(), _place(run), refusal or refusal_of(run))


def refusal_of(run: Run) -> Refusal | None:
    """Why a queued run was not taken when it was last tried; None if it was not tried, or was started again since."""
    found = _content(run).get("refusal")
    if not isinstance(found, dict) or not json_files.is_integer(times := found.get("times"), 1, MOST_REFUSALS):
        return None
    return Refusal(times, str(found.get("reason"))[:MOST_LETTERS])


def move(run: Run, by: int) -> None:
    """Move a queued run up (negative `by`) or down by that many positions, as far as the ends of the queue.

    Raises:
        RunError: It is no longer queued, or cannot be written.
    """
    with places():
        queue = of_same_owner(run, waiting())
        if run not in queue:
            raise RunError("This run is no longer in the queue, so it cannot be moved.")
        others = [other for other in queue if other != run]
        target = min(max(0, queue.index(run) + by), len(others))
        before = _place(others[target - 1]) if target else _place(others[0]) - 2 if others else 0.0
        after = _place(others[target]) if target < len(others) else before + 2
        if before < (between := (before + after) / 2) < after:
            _place_at(run, between)
        else:  # equal positions, which earlier versions gave out, or too close to each other for another one
            for place, waits in enumerate([*others[:target], run, *others[target:]], 1):
                _place_at(waits, float(place))


def take_out(run: Run) -> None:
    """Take a run out of the queue. The run itself is kept and can be started later.

    Raises:
        RunError: It cannot be written.
    """
    try:
        with places():
            (run.folder / NAME).unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"The run could not be taken out of the queue: {error.strerror}.") from error


def ticket(run: Run) -> str | None:
    """The ticket of a queued run; None if it is not queued."""
    found = _content(run).get("ticket")
    return found if isinstance(found, str) else None


def report_problem(message: str, backend: str = "") -> None:
    """Let pages know why no queued run starts on a backend; "" if that is over."""
    path = _problem_file(backend)
    with contextlib.suppress(OSError):
        if message and message != problem(backend):
            print(message, flush=True)
            atomic.write_bytes(path, message.encode("utf-8"))
        elif not message:
            path.unlink(missing_ok=True)


def clear_problems() -> None:
    """A new queue starts: what the one before reported is over."""
    with contextlib.suppress(OSError):
        for path in paths.runs_folder().glob(f"{PROBLEM}*"):
            path.unlink(missing_ok=True)


def problem(backend: str | None = None) -> str:
    """Why the queue cannot start trainers at the moment, on this backend or on any; "" if it can."""
    files = sorted(paths.runs_folder().glob(f"{PROBLEM}*")) if backend is None else [_problem_file(backend)]
    found = []
    for path in files:
        with contextlib.suppress(OSError):
            found.append(path.read_text("utf-8", errors="replace")[:1000])
    return " ".join(found)


def _problem_file(backend: str) -> Path:
    return paths.runs_folder() / (f"{PROBLEM}-{backend}" if backend else PROBLEM)


def wanted_backend(run: Run) -> str:
    """The backend that the run was queued for, or on which it trained last; "" if it names none."""
    found = _content(run).get("backend") or run.job.get("backend")
    return found if isinstance(found, str) else ""


def wanted_versions(run: Run) -> dict[str, str]:
    """The versions of the packages with which the run was queued; empty if it was queued by an earlier version."""
    found = _content(run).get("versions")
    return {str(name): str(version) for name, version in found.items()} if isinstance(found, dict) else {}


def _place(run: Run) -> float:
    place = _content(run).get("place")
    return float(place) if json_files.is_number(place, -MAX_PLACE, MAX_PLACE) else 0.0


def _content(run: Run) -> dict:
    try:
        return json_files.read_object(run.folder / NAME)
    except (OSError, ValueError):
        return {}


def _place_at(run: Run, place: float) -> None:
    current = ticket(run)
    if current is not None:  # otherwise its trainer has begun
        _write(run, current, place, refusal_of(run))


def _write(run: Run, new_ticket: str, place: float, refusal: Refusal | None = None) -> None:
    try:
        content: dict[str, Any] = {"ticket": new_ticket, "place": place, "versions": nodes.versions()}
        if backend := wanted_backend(run):
            content["backend"] = backend
        if refusal is not None:
            content["refusal"] = {"times": refusal.times, "reason": refusal.reason}
        atomic.write_json(run.folder / NAME, content)
    except OSError as error:
        raise RunError(f"The run could not be queued: {error.strerror}.") from error
