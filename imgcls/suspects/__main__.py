"""Look for wrong labels among the training pictures of a run: python -m imgcls.suspects RUN_FOLDER or RUN_ID."""

import sys

from imgcls import background
from imgcls.suspects import training

if __name__ == "__main__":
    sys.exit(background.command(sys.argv[1:], "imgcls.suspects", training.work_of, training.make))
