"""A run as a plain Keras script, or the same as a notebook: it trains the model again, without this package.

    templates/    the script, cell by cell, in jinja
    facts         what the templates say about a run: settings, split, stored predictions, what differs
    sources       functions copied from our own files, such as the model and the augmentation
    cells         the script's cells, and the notebook made of them

The cell "Model" comes before the data, so that a script can be checked without training: its network, with the weights
of the run, must give the run's predictions.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcls.export.script import cells, facts
from imgcls.runs import Run

if TYPE_CHECKING:
    import jinja2


def script(run: Run) -> str:
    """The script.

    Raises:
        RunError: the run cannot be expressed as a script, and why.
        UserError: one of its files is damaged.
    """
    text = _template("train_model.py").render(facts.of_run(run))
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def notebook(run: Run) -> str:
    """The same as a Jupyter notebook, without outputs. Raises as `script` does."""
    return cells.notebook(script(run))


@cache
def _template(name: str) -> "jinja2.Template":
    import jinja2

    environment: Any = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,  # Python; texts that users wrote are inserted with repr() or as comments on one line
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{name}.jinja")
