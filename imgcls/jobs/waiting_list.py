"""The queue on disk. Each waiting run holds its own ticket and position, so there is no list that could be damaged."""

import json

from imgcls import runs
from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.system import atomic, paths

NAME = "queued.json"
MAX_PLACE = 1e15
"""A position beyond this, or one that is not a number, was not written by the queue."""


def waiting() -> list[Run]:
    """The queued runs, the next one first."""
    found = []
    for path in paths.runs_folder().glob(f"[!.]*/{NAME}"):
        run = Run(path.parent)
        if runs.ID.fullmatch(run.id) and run.state == "queued" and run.is_waiting:
            found.append((_place(run), run.id, run))
    return [run for _, _, run in sorted(found, key=lambda entry: entry[:2])]


def last_place() -> float:
    """The position after all queued runs."""
    return max((_place(run) for run in waiting()), default=0.0) + 1


def enter(run: Run) -> None:
    """Put a run at the end of the queue with a new ticket, so that an earlier trainer's files no longer count.

    Raises:
        RunError: It cannot be written.
    """
    _write(run, runs.new_ticket(), last_place())


def enter_again(run: Run) -> None:
    """Put a run back at its previous position with a new ticket.

    Raises:
        RunError: It cannot be written.
    """
    _write(run, runs.new_ticket(), _place(run))


def move(run: Run, by: int) -> None:
    """Move a queued run up (negative `by`) or down by that many positions, as far as the ends of the queue.

    Raises:
        RunError: It is no longer queued, or cannot be written.
    """
    queue = waiting()
    if run not in queue:
        raise RunError("This run is no longer in the queue, so it cannot be moved.")
    others = [other for other in queue if other != run]
    target = min(max(0, queue.index(run) + by), len(others))
    before = _place(others[target - 1]) if target else _place(others[0]) - 2 if others else 0.0
    after = _place(others[target]) if target < len(others) else before + 2
    _write(run, _content(run)["ticket"], (before + after) / 2)


def take_out(run: Run) -> None:
    """Take a run out of the queue. The run itself is kept and can be started later.

    Raises:
        RunError: It cannot be written.
    """
    try:
        (run.folder / NAME).unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"The run could not be taken out of the queue: {error.strerror}.") from error


def ticket(run: Run) -> str | None:
    """The ticket of a queued run; None if it is not queued."""
    return _content(run).get("ticket")


def _place(run: Run) -> float:
    place = _content(run).get("place")
    return float(place) if isinstance(place, int | float) and abs(place) < MAX_PLACE else 0.0


def _content(run: Run) -> dict:
    try:
        content = json.loads((run.folder / NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(run: Run, new_ticket: str, place: float) -> None:
    try:
        atomic.write_json(run.folder / NAME, {"ticket": new_ticket, "place": place})
    except OSError as error:
        raise RunError(f"The run could not be queued: {error.strerror}.") from error
