"""The queue on the disk: each waiting run carries its own ticket and place, so there is no list that could tear."""

import json

from imgcls import runs
from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.system import atomic, paths

NAME = "queued.json"
MOST = 1e15
"""A place beyond this, or one that is no number, was not written by the queue."""


def waiting() -> list[Run]:
    """The runs that wait for their turn, the next one first."""
    found = []
    for path in paths.runs_folder().glob(f"[!.]*/{NAME}"):
        run = Run(path.parent)
        if runs.ID.fullmatch(run.id) and run.state == "queued" and run.is_waiting:
            found.append((_place(run), run.id, run))
    return [run for _, _, run in sorted(found, key=lambda entry: entry[:2])]


def last_place() -> float:
    """The place behind all that wait."""
    return max((_place(run) for run in waiting()), default=0.0) + 1


def enter(run: Run) -> None:
    """Puts a run at the end of the queue with a new ticket, so whatever an earlier trainer has left does not count.

    Raises:
        RunError: it cannot be written.
    """
    _write(run, runs.new_ticket(), last_place())


def enter_again(run: Run) -> None:
    """Gives a run that stood in the queue a new ticket at its old place.

    Raises:
        RunError: it cannot be written.
    """
    _write(run, runs.new_ticket(), _place(run))


def move(run: Run, by: int) -> None:
    """Moves a waiting run up (`by` is negative) or down by so many places. At the end of the queue it stays there.

    Raises:
        RunError: it does not wait any more, or cannot be written.
    """
    queue = waiting()
    if run not in queue:
        raise RunError("This run does not wait any more, so it cannot be moved.")
    others = [other for other in queue if other != run]
    target = min(max(0, queue.index(run) + by), len(others))
    before = _place(others[target - 1]) if target else _place(others[0]) - 2 if others else 0.0
    after = _place(others[target]) if target < len(others) else before + 2
    _write(run, _content(run)["ticket"], (before + after) / 2)


def take_out(run: Run) -> None:
    """Takes a waiting run out of the queue; it stays, and can be started later.

    Raises:
        RunError: it cannot be written.
    """
    try:
        (run.folder / NAME).unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"The run could not be taken out: {error.strerror}.") from error


def ticket(run: Run) -> str | None:
    """The ticket with which a run waits."""
    return _content(run).get("ticket")


def _place(run: Run) -> float:
    place = _content(run).get("place")
    return float(place) if isinstance(place, int | float) and abs(place) < MOST else 0.0


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
