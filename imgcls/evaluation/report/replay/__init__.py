"""The replay of a run: its training as an animation of at most a minute, in one HTML file for a screen on a stage.

captions            what happened, computed from the run
content             everything that the page shows, with its time
replay.html.jinja   the page
replay.css, .js     its style and its script: plain files without a build step
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from imgcls.evaluation.report import values
from imgcls.evaluation.report.replay import content
from imgcls.evaluation.report.replay.content import check as check
from imgcls.languages import PERCENT_SCRIPT
from imgcls.runs import Run

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent


def page(run: Run) -> str:
    """The whole file.

    Raises:
        RunError: the run has not ended, has no complete epoch, or one of its files is damaged.
    """
    known = content.collect(run)
    return _template().render(
        title=known["title"],
        seconds=known["seconds"],
        style=(HERE / "replay.css").read_text("utf-8"),
        script=PERCENT_SCRIPT.read_text("utf-8") + (HERE / "replay.js").read_text("utf-8"),
        curves=known.pop("curves"),
        images=known["images"],
        has_filters=bool(known["filters"]),
        has_matrix=bool(known["matrices"]),
        images_title=known["imagesTitle"],
        content=values.for_script(known),
    )


@cache
def _template() -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("replay.html.jinja")
