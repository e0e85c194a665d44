"""Find label errors in the training images of a run: python -m imgcls.evaluation.label_errors RUN_FOLDER or RUN_ID."""

import argparse
import sys

from imgcls import runs
from imgcls.errors import UserError
from imgcls.evaluation.label_errors import training_set


def main(arguments: list[str]) -> int:
    """Find likely label errors with the model of one run and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m imgcls.evaluation.label_errors",
        description="Find likely label errors in the training images of a run.",
    )
    parser.add_argument("run", metavar="RUN", help="a run folder or a run ID")
    try:
        run = runs.run_from_argument(parser.parse_args(arguments).run)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return training_set.task_of(run).run(lambda progress: training_set.make(run, progress))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
