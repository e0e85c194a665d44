"""`imgcls replay`: a run's training as an animation, the file that Evaluate → Epoch history offers."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes, output
from imgcls.evaluation.report import replay


def write_replay(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    /,
    *,
    out: Annotated[
        Path | None,
        Parameter(show_default=False, help="The HTML file to write (default: RUN-replay.html in this folder)."),
    ] = None,
    overwrite: output.Overwrite = False,
) -> None:
    """Write a run's training as an animation of at most a minute: curves, confusion matrix, images and captions.

    The HTML file needs no internet connection and no other files. Space plays, the arrows step through the epochs, B
    blanks the screen, N hides numbers, + and - zoom, F is full screen.

    Example: imgcls replay digits --out digits-replay.html
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    target = out or Path(f"{found.id}-replay.html")
    output.check(target, overwrite)
    content = replay.page(found).encode("utf-8")
    with output.replacing(target) as aside:
        aside.write_bytes(content)
    print(f"{target}: {len(content):,} bytes.")
