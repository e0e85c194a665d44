"""How many background tasks each visitor has, and who may cancel one. Only this server's process knows it.

A task belongs to whoever started it. Results of a task (a survey, an export) are shared as before.
"""

import threading

from imgcls.sharing import limits, modes, visitors
from imgcls.sharing.guarding import NotAllowed
from imgcls.sharing.limits import LimitReached
from imgcls.sharing.visitors import Role
from imgcls.system.tasks import Task
from imgcls.system.tasks.starting import before_start

_started: dict[Task, str] = {}
_lock = threading.Lock()


def install() -> None:
    """From now on, every task that this process starts is counted, and refused beyond the limit of its visitor."""
    before_start.check = count


def count(task: Task) -> None:
    """Note that the present visitor starts a task.

    Raises:
        LimitReached: they have too many, or the server has too little memory or disk space left.
    """
    if not modes.is_shared():
        return
    visitor = visitors.current()
    if visitor.role is not Role.OWNER:
        limits.check_server(task.folder)
        most, now = limits.of(visitor.role).tasks, running(visitor.id)
        if now >= most:
            raise LimitReached(f"You have {now} of {most:g} background tasks running. Wait for one, or cancel it.")
    with _lock:
        _started[task] = visitor.id


def running(visitor_id: str) -> int:
    """How many tasks of a visitor are running."""
    with _lock:
        known = list(_started.items())
    ended = [task for task, _ in known if task.state().state != "running"]
    with _lock:
        for task in ended:
            _started.pop(task, None)
    return sum(whose == visitor_id for task, whose in known if task not in ended)


def cancel(task: Task) -> None:
    """Cancel a task, if the present visitor started it.

    Raises:
        NotAllowed: somebody else has.
    """
    require_own(task)
    task.cancel()


def require_own(task: Task) -> None:
    """Raises NotAllowed if somebody else has started a task; a teacher may cancel any, as may the server's owner."""
    if not modes.is_shared():
        return
    visitor = visitors.current()
    if visitor.role not in (Role.TEACHER, Role.OWNER) and _started.get(task) != visitor.id:
        raise NotAllowed("You may not cancel this: someone else started it. You can use its result as well.")
