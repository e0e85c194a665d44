"""What the exit code of every `imgcls` command means: one table, shown by `imgcls --help`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from imgcls.errors import UserError

OK = 0
FAILED = 1
USAGE = 2
NOT_FOUND = 3
IN_USE = 4
INTERRUPTED = 130
NOT_READ = 141
TERMINATED = 143

MEANINGS = {
    OK: "done",
    FAILED: "started, but failed",
    USAGE: "unknown command or option, or an invalid setting",
    NOT_FOUND: "a named file, folder or run does not exist",
    IN_USE: "the port is in use",
    INTERRUPTED: "interrupted by Ctrl-C (a training run keeps the best model so far)",
    NOT_READ: "the program that read the output has ended",
    TERMINATED: "terminated by the system",
}


class CommandError(UserError):
    """An error message with the exit code that it leads to."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


@contextlib.contextmanager
def exits_with(code: int) -> Iterator[None]:
    """Give every `UserError` raised inside this exit code."""
    try:
        yield
    except CommandError:
        raise
    except UserError as error:
        raise CommandError(str(error), code) from error


def existing(path: Path, what: str = "file or folder") -> Path:
    """The path itself.

    Raises:
        CommandError: nothing is there.
    """
    if not path.exists():
        raise CommandError(f"No such {what}: {path}", NOT_FOUND)
    return path


def table() -> str:
    """The table as text."""
    return "\n".join(f"{code:>4}  {meaning}" for code, meaning in MEANINGS.items())
