"""Files that a command writes: complete or not at all, and never over an existing one unless asked to."""

import contextlib
import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls.cli import exit_codes
from imgcls.system import atomic

Overwrite = Annotated[
    bool, Parameter(name="--overwrite", negative="", show_default=False, help="Replace an existing file.")
]


def check(target: Path, overwrite: bool) -> None:
    """Checks a target before the work begins.

    Raises:
        CommandError: it exists, or its folder does not.
    """
    if target.is_dir():
        raise exit_codes.CommandError(f"{target} is a folder. Name a file.", exit_codes.USAGE)
    if target.exists() and not overwrite:
        raise exit_codes.CommandError(
            f"{target} exists already. Choose another name, or add --overwrite.", exit_codes.USAGE
        )
    exit_codes.existing(target.parent, "folder")


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary path that becomes `target` at the end.

    Raises:
        CommandError: the file cannot be written.
    """
    atomic.remove_leftovers(target.parent.glob(f".{glob.escape(target.stem)}{atomic.PART}*"))
    try:
        with atomic.replacing(target) as aside:
            yield aside
    except OSError as error:
        raise exit_codes.CommandError(
            f"{target} could not be written: {error.strerror or error}.", exit_codes.FAILED
        ) from error
