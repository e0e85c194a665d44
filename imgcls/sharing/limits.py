"""How much of the server one person may use, by role: defaults, and IMGCLS_LIMITS.

    IMGCLS_LIMITS="guest.queued_runs=1, member.disk_mb=2000"

The owner of the server has no limits. In local mode there are none.
"""

import math
import os
import shutil
from dataclasses import dataclass, fields, replace
from pathlib import Path

import psutil

from imgcls.errors import SettingError, UserError
from imgcls.sharing import modes
from imgcls.sharing.visitors import Role

VARIABLE = "IMGCLS_LIMITS"
MIN_DISK, MIN_MEMORY = "IMGCLS_MIN_DISK_MB", "IMGCLS_MIN_MEMORY_MB"
MIN_DISK_MB, MIN_MEMORY_MB = 1_000.0, 500.0


class LimitReached(UserError):
    """Somebody has used their share, or the server has nothing left; the message says of what, and how much."""


@dataclass(frozen=True)
class Limits:
    """The most that one person may use.

    Attributes:
        queued_runs: Runs that wait or train at the same time.
        image_epochs: Training images times epochs of one run.
        disk_mb: Megabytes of their runs and datasets.
        tasks: Background tasks at the same time, such as an export or an import.
        upload_mb: Megabytes of uploads that the server holds for them at the same time.
        requests: Requests and clicks in a minute.
    """

    queued_runs: float = math.inf
    image_epochs: float = math.inf
    disk_mb: float = math.inf
    tasks: float = math.inf
    upload_mb: float = math.inf
    requests: float = math.inf


DEFAULTS = {
    Role.GUEST: Limits(2, 1_000_000, 500, 1, 100, 600),
    Role.MEMBER: Limits(3, 2_000_000, 1_000, 2, 200, 900),
    Role.TEACHER: Limits(10, 20_000_000, 10_000, 4, 1_000, 2_000),
    Role.OWNER: Limits(),
}


def of(role: Role) -> Limits:
    """The limits of a role; a moderator has those of a member.

    Raises:
        SettingError: IMGCLS_LIMITS names none, or is no number.
    """
    if not modes.is_shared():
        return DEFAULTS[Role.OWNER]
    if role is Role.MODERATOR:
        role = Role.MEMBER
    changes: dict[str, float] = {}
    names = {field.name for field in fields(Limits)}
    for entry in filter(None, (part.strip() for part in os.environ.get(VARIABLE, "").split(","))):
        target, _, text = entry.partition("=")
        whose, _, name = target.strip().partition(".")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if whose not in set(DEFAULTS) or name not in names or not value >= 0:
            raise SettingError(
                f"{VARIABLE} has the entry '{entry[:40]}'. Expected ROLE.LIMIT=NUMBER with a role of "
                f"{', '.join(DEFAULTS)} and a limit of {', '.join(sorted(names))}."
            )
        if whose == role:
            changes[name] = value
    return replace(DEFAULTS[role], **changes)


def check_server(folder: Path) -> None:
    """Refuse new work that the server may not be able to finish.

    Args:
        folder: Where the work writes.

    Raises:
        LimitReached: too little disk space or memory is free.
    """
    if not modes.is_shared():
        return
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    for what, free, least in (
        ("disk space", shutil.disk_usage(folder).free / 1e6, _number(MIN_DISK, MIN_DISK_MB)),
        ("memory", psutil.virtual_memory().available / 1e6, _number(MIN_MEMORY, MIN_MEMORY_MB)),
    ):
        if free < least:
            raise LimitReached(
                f"The server has only {free:,.0f} MB of {what} left and keeps {least:,.0f} MB free. Try again later, "
                "or delete what you no longer need."
            )


def _number(variable: str, default: float) -> float:
    try:
        value = float(os.environ.get(variable, "").strip() or default)
    except ValueError:
        return default
    return value if value >= 0 else default
