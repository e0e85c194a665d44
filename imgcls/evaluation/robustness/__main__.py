"""Evaluate the robustness of a run's model: python -m imgcls.evaluation.robustness RUN_FOLDER or RUN_ID."""

import sys

from imgcls.evaluation import run_command
from imgcls.evaluation.robustness import evaluate


def main(arguments: list[str]) -> int:
    """Evaluate the model of one run on corrupted test images and return the exit status."""
    description = "Evaluate the model of a run on corrupted test images."
    module = "imgcls.evaluation.robustness"
    return run_command.main(arguments, module, description, evaluate.task_of, evaluate.make)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
