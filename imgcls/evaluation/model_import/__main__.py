"""The process of a page's import: python -m imgcls.evaluation.model_import inspect|evaluate FOLDER. See `task`."""

import sys
from pathlib import Path

from imgcls.evaluation.model_import import task
from imgcls.sharing import acting_as, ownership


def main(arguments: list[str]) -> int:
    """Does one step of an import and returns the exit status."""
    step, folder = arguments[0], Path(arguments[1])
    with acting_as(ownership.maker(folder)):
        if step == "inspect":
            return task.inspection_of(folder.name).run(lambda progress: task.inspect_folder(folder, progress))
        return task.evaluation_of(folder.name).run(lambda progress: task.evaluate_folder(folder, progress))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
