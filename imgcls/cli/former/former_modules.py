"""`python -m imgcls.PACKAGE`, the former spelling of a command, hands over to the command."""

import sys
from collections.abc import Sequence

from imgcls.cli.main import main


def run(command: str, module: str, arguments: Sequence[str]) -> int:
    """Run `python -m MODULE ARGUMENTS`, which is now `imgcls COMMAND ARGUMENTS`.

    The hint is printed on a terminal only: the app starts some of these modules as processes that write a log.
    """
    if sys.stderr.isatty():
        print(f"Hint: 'python -m {module}' is now 'imgcls {command}'.", file=sys.stderr)
    return main([command, *arguments])
