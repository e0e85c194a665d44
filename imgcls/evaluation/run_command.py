"""What the processes that work on one run have in common: they take a run and report their progress as its task."""

import argparse
import sys
from collections.abc import Callable, Sequence

from imgcls import runs
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.system.tasks import Progress, Task


def main(
    arguments: Sequence[str],
    module: str,
    description: str,
    task_of: Callable[[Run], Task],
    make: Callable[[Run, Progress], object],
) -> int:
    """Does the work `make` on the run that the command line names, and returns the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("run", metavar="RUN", help="a run folder or a run ID")
    try:
        run = runs.run_from_argument(parser.parse_args(arguments).run)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return task_of(run).run(lambda progress: make(run, progress))
