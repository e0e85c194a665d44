"""Ask the model of a run about damaged pictures: python -m imgcls.robustness RUN_FOLDER or RUN_ID."""

import sys

from imgcls import background
from imgcls.robustness import answers

if __name__ == "__main__":
    sys.exit(background.command(sys.argv[1:], "imgcls.robustness", answers.work_of, answers.make))
