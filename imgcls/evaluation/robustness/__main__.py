"""Evaluate the robustness of a run's model: python -m imgcls.evaluation.robustness RUN_FOLDER or RUN_ID."""

import argparse
import sys

from imgcls import runs
from imgcls.errors import UserError
from imgcls.evaluation.robustness import evaluate


def main(arguments: list[str]) -> int:
    """Evaluate the model of one run on corrupted test images and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m imgcls.evaluation.robustness",
        description="Evaluate the model of a run on corrupted test images.",
    )
    parser.add_argument("run", metavar="RUN", help="a run folder or a run ID")
    try:
        run = runs.run_from_argument(parser.parse_args(arguments).run)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return evaluate.task_of(run).run(lambda progress: evaluate.make(run, progress))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
