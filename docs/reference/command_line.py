"""The reference page of the command line: what `imgcls COMMAND --help` prints for every command."""

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from unittest import mock

from imgcls.cli import exit_codes
from imgcls.cli.main import COMMANDS, main

HEAD = """# Command line

`pip install .` adds the command `imgcls`; in the repository, `python -m imgcls` is the same. This page shows what each
command prints with `--help`, generated from the code of this version. The options of `imgcls train` depend on the
model: [Settings](settings.md) lists them for every family.

```text
"""
RUNS = "/path/to/runs"
WIDTH = 100
EXIT_CODES = "Exit codes:"
"""Every command ends with the same table; the page has it once."""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD, help_of(), "```\n"]
    with _own_folders():
        for name, (_, text) in COMMANDS.items():
            shown = help_of(name).partition(EXIT_CODES)[0].rstrip()
            parts.append(f"\n## imgcls {name} {{#{name}}}\n\n{text}\n\n```text\n{shown}\n```\n")
    return "".join(parts)


def help_of(*command: str) -> str:
    """What `imgcls COMMAND --help` prints.

    Raises:
        RuntimeError: the command fails.
    """
    out = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS=str(WIDTH), NO_COLOR="1"), contextlib.redirect_stdout(out):
        code = main([*command, "--help"])
    if code != exit_codes.OK:
        raise RuntimeError(f"imgcls {' '.join(command)} --help failed with exit code {code}.")
    return out.getvalue().strip("\n") + "\n"


@contextlib.contextmanager
def _own_folders() -> Iterator[None]:
    """The help of `train` names the folder of runs and the user's own datasets, which are no part of the manual."""
    with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ, IMGCLS_RUNS=RUNS, IMGCLS_OWN_DATA=empty):
        yield
