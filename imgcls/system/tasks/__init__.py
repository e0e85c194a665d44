"""Background tasks: something that takes seconds or minutes, made once by its own process and read by every page.

task      start, watch, cancel and run a task
progress  its progress file: how far it is, or why it failed
starting  what is asked before a task is started
signals   SIGTERM cancels a task
"""

from imgcls.system.tasks.progress import Cancelled, TaskState
from imgcls.system.tasks.task import CANCELLED_STATUS, GRACE_SECONDS, INTERRUPTED, STUCK, Progress, Task

__all__ = [
    "CANCELLED_STATUS",
    "GRACE_SECONDS",
    "INTERRUPTED",
    "STUCK",
    "Cancelled",
    "Progress",
    "Task",
    "TaskState",
    "before_start",
]
