"""Ask the model of a run about damaged pictures: python -m imgcls.evaluation.robustness RUN_FOLDER or RUN_ID."""

import sys

from imgcls.evaluation.robustness import evaluate
from imgcls.system import tasks

if __name__ == "__main__":
    sys.exit(tasks.command(sys.argv[1:], "imgcls.evaluation.robustness", evaluate.work_of, evaluate.make))
