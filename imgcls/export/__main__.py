"""The process that exports a run: python -m imgcls.export RUN FORMAT [FORMAT …]. In a shell, use `imgcls export`."""

import sys

from imgcls import runs
from imgcls.errors import UserError
from imgcls.export import exporting


def main(arguments: list[str]) -> int:
    """Exports a run in the named formats and returns the exit status."""
    try:
        run = runs.run_from_argument(arguments[0] if arguments else "")
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return exporting.task_of(run).run(lambda progress: exporting.make(run, arguments[1:], progress))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
