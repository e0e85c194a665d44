"""Ask the model of a run about damaged pictures: python -m imgcls.robustness RUN_FOLDER or RUN_ID."""

import sys
from pathlib import Path

from imgcls import runs
from imgcls.errors import UserError
from imgcls.robustness import answers
from imgcls.run import Run


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Name one run: python -m imgcls.robustness RUN_FOLDER or RUN_ID", file=sys.stderr)
        return 2
    try:
        run = Run(Path(arguments[0])) if Path(arguments[0]).is_dir() else runs.find(arguments[0])
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    work = answers.work_of(run)
    code = work.run(lambda tell: answers.make(run, tell))
    if code and (said := work.said()):
        print(said.text, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
