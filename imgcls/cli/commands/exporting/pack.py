"""`imgcls pack` and `imgcls unpack`: a run as one zip file, from one machine to another."""

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes, output
from imgcls.export import run_archive


def pack(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    /,
    *,
    out: Annotated[Path | None, Parameter(show_default=False, help="The file to write (default: RUN.zip).")] = None,
    overwrite: output.Overwrite = False,
) -> None:
    """Write a finished run to a zip file, to open it on another machine with "imgcls unpack".

    Example: imgcls pack digits --out digits.zip
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    target = out or Path(f"{found.id}.zip")
    output.check(target, overwrite)
    with output.replacing(target) as aside:
        run_archive.pack(found, aside)
    print(f"{target}: {target.stat().st_size:,} bytes.")


def unpack(
    file: Annotated[Path, Parameter(help='A zip file that "imgcls pack" has written.')],
    /,
    *,
    trust: Annotated[
        bool,
        Parameter(
            name="--trust",
            negative="",
            show_default=False,
            help="Unpack the models as well. Model files can contain program code: use it for your own archives only.",
        ),
    ] = False,
) -> None:
    """Add the run in a zip file to your runs. An existing run is never replaced.

    Example: imgcls unpack digits.zip

    Example: imgcls unpack digits.zip --trust
    """
    exit_codes.existing(file, "file")
    if file.is_dir():
        raise exit_codes.CommandError(f"{file} is a folder. Name a file.", exit_codes.USAGE)
    found = run_archive.unpack(file, trusted=trust)
    print(f"{found.run.label} is the run {found.run.id}.")
    if found.left_out:
        print(
            f"Its models were left out, because model files can contain program code: {', '.join(found.left_out)}. So "
            "it can be evaluated, compared and reported, but it cannot predict and cannot be exported. If the archive "
            f"is your own, add the run with its models: imgcls unpack {shlex.quote(str(file))} --trust"
        )
