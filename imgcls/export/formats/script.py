"""A plain Keras script that trains the model of a run again, without this package."""

from pathlib import Path

from imgcls.export import metadata, runtimes, script, tolerances
from imgcls.runs import Run

TITLE = "Training script"
HELP = (
    "A plain Keras script that trains this model again: data, split, augmentation, network, schedule. Verified: its "
    "network with this run's weights predicts as this run does."
)
ORDER = 80
SUFFIX = ".py"
TOLERANCE = tolerances.SAME_NUMBERS
EXTRA = ("", ())


def assemble(run: Run, path: Path) -> None:
    path.write_text(script.script(run), "utf-8", "replace")


def load(path: Path) -> runtimes.Runtime:
    return runtimes.FreshInterpreter("script", path)


describe = metadata.append_comment
