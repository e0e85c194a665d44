"""`imgcls figures`: the figures of a run as PNG, SVG or PDF files for a paper."""

import contextlib
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from imgcls import runs
from imgcls.charts import run_figures
from imgcls.cli import exit_codes, output


def figures(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    /,
    *,
    out: Annotated[
        Path | None, Parameter(show_default=False, help="The folder to write to (default: RUN-figures).")
    ] = None,
    format: Annotated[Literal["png", "svg", "pdf"], Parameter(help="PNG has 300 dots per inch at 17 cm.")] = "pdf",
    overwrite: output.Overwrite = False,
) -> None:
    """Write a run's figures for a paper: learning curves, confusion matrix, reliability diagram, F1 by class.

    Needs the extra imgcls[figures], and Chrome or Chromium, which draws them.

    Example: imgcls figures digits --format pdf --out figures
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    drawn = run_figures.figures(found)
    folder = out or Path(f"{found.id}-figures")
    exit_codes.existing(folder.absolute().parent, "folder")
    if folder.is_file():
        raise exit_codes.CommandError(f"{folder} is a file. Name a folder.", exit_codes.USAGE)
    targets = {name: folder / f"{name}.{format}" for name in drawn}
    for target in targets.values() if folder.exists() else ():
        output.check(target, overwrite)
    is_new, is_done = not folder.exists(), False
    aside = {name: target.with_name(f".{target.stem}.part{target.suffix}") for name, target in targets.items()}
    try:
        folder.mkdir(exist_ok=True)
        run_figures.write(drawn, aside)
        for name, target in targets.items():
            aside[name].replace(target)
        is_done = True
    except OSError as error:
        raise exit_codes.CommandError(
            f"{folder} could not be written: {error.strerror or error}.", exit_codes.FAILED
        ) from error
    finally:
        for path in aside.values():
            with contextlib.suppress(OSError):
                path.unlink()
        if is_new and not is_done:
            with contextlib.suppress(OSError):
                folder.rmdir()
    for target in targets.values():
        print(target)
