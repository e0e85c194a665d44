"""Look for wrong labels among the training pictures of a run: python -m imgcls.evaluation.label_errors RUN_FOLDER or RUN_ID."""

import sys

from imgcls.evaluation.label_errors import training_set
from imgcls.system import tasks

if __name__ == "__main__":
    sys.exit(tasks.command(sys.argv[1:], "imgcls.evaluation.label_errors", training_set.work_of, training_set.make))
