"""`imgcls talk`: a prepared talk as one file for the speaker's screen."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls.cli import exit_codes, output
from imgcls.evaluation.report import talk


def write_talk(
    file: Annotated[Path, Parameter(help="A YAML or JSON file with the steps: title, page or replay, notes.")],
    /,
    *,
    out: Annotated[
        Path | None, Parameter(show_default=False, help="The HTML file to write (default: FILE.html in this folder).")
    ] = None,
    overwrite: output.Overwrite = False,
) -> None:
    """Write a prepared talk: pages of the app and replays of runs, step by step, with notes for the speaker.

    The HTML file is for your own screen. The arrows choose a step, and Enter opens its page or replay in a second
    window, for the audience. The guide “Share runs and figures” describes the file.

    Example: imgcls talk open-day.yaml
    """
    exit_codes.existing(file, "file")
    target = out or Path(f"{file.stem}.html")
    output.check(target, overwrite)
    content = talk.page(talk.read(file)).encode("utf-8", "replace")
    with output.replacing(target) as aside:
        aside.write_bytes(content)
    print(f"{target}: {len(content):,} bytes.")
