"""Find label errors in the training images of a run: python -m imgcls.evaluation.label_errors RUN_FOLDER or RUN_ID."""

import sys

from imgcls.evaluation import run_command
from imgcls.evaluation.label_errors import training_set


def main(arguments: list[str]) -> int:
    """Find likely label errors with the model of one run and return the exit status."""
    description = "Find likely label errors in the training images of a run."
    module = "imgcls.evaluation.label_errors"
    return run_command.main(arguments, module, description, training_set.task_of, training_set.make)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
