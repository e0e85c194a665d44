"""The training script as a Jupyter notebook."""

from pathlib import Path

from imgcls.export import metadata, runtimes, script, tolerances
from imgcls.runs import Run

TITLE = "Training notebook"
HELP = "The training script as a Jupyter notebook. Its last cell compares your training with this run."
ORDER = 81
SUFFIX = ".ipynb"
TOLERANCE = tolerances.SAME_NUMBERS
EXTRA = ("", ())


def assemble(run: Run, path: Path) -> None:
    path.write_text(script.notebook(run), "utf-8", "replace")


def load(path: Path) -> runtimes.Runtime:
    return runtimes.FreshInterpreter("notebook", path)


describe = metadata.add_notebook_metadata
