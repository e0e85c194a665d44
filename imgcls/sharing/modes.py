"""How a server is shared, chosen once with `imgcls app --mode` or IMGCLS_MODE."""

import os
from enum import StrEnum

from imgcls.errors import SettingError

VARIABLE = "IMGCLS_MODE"


class Mode(StrEnum):
    """What visitors may do."""

    LOCAL = "local"
    """One person, or people who trust each other: everybody may do everything."""
    CLASSROOM = "classroom"
    """People have names and roles; everybody changes only their own work, a teacher that of their room."""
    DEMO = "demo"
    """Everybody may try everything; their work is private and deleted after a day."""
    READ_ONLY = "read-only"
    """Visitors look at runs and try models; only the owner of the server trains."""


def mode() -> Mode:
    """The mode of this server; local if none was chosen.

    Raises:
        SettingError: IMGCLS_MODE names no mode. Nothing is allowed then, rather than everything.
    """
    text = chosen()
    try:
        return Mode(text) if text else Mode.LOCAL
    except ValueError:
        raise SettingError(f"{VARIABLE} is '{text[:20]}'. Expected one of: {', '.join(Mode)}.") from None


def chosen() -> str:
    """What IMGCLS_MODE says; "" if it is not set."""
    return os.environ.get(VARIABLE, "").strip().lower()


def is_shared() -> bool:
    """Whether people are told apart: in every mode but local. Raises as `mode` does."""
    return mode() is not Mode.LOCAL
