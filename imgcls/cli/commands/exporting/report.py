"""`imgcls report`: the files that the Report section of the Evaluate page offers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes, output
from imgcls.evaluation import comparison, report
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run

Found = Predictions | Decisions
WRITERS: dict[str, Callable[[Run, Found], bytes]] = {
    ".classes.csv": lambda run, found: report.scores_csv(found),
    ".predictions.csv": lambda run, found: report.predictions_csv(found),
    ".html": lambda run, found: report.page(run, found).encode("utf-8", "replace"),
    ".json": lambda run, found: _json(run, found),
}
"""Ending of the file's name -> its content."""


def write_report(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    /,
    *,
    out: Annotated[
        Path | None,
        Parameter(
            show_default=False,
            help="The file to write (default: RUN.html in this folder). Its ending decides what is written: .html, "
            ".json, .classes.csv or .predictions.csv.",
        ),
    ] = None,
    overwrite: output.Overwrite = False,
) -> None:
    """Write a run's report: settings, curves, scores with intervals, confusion matrix and worst errors.

    Example: imgcls report digits --out digits.html

    Example: imgcls report digits --out digits.json
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    target = out or Path(f"{found.id}.html")
    write = next((writer for ending, writer in WRITERS.items() if target.name.lower().endswith(ending)), None)
    if write is None:
        raise exit_codes.CommandError(
            f"{target.name} has no known ending. Choose one of: {', '.join(WRITERS)}.", exit_codes.USAGE
        )
    output.check(target, overwrite)
    content = write(found, comparison.decided(found))
    with output.replacing(target) as aside:
        aside.write_bytes(content)
    print(f"{target}: {len(content):,} bytes.")


def _json(run: Run, found: Found) -> bytes:
    values = report.collect(run, found)
    return json.dumps(values, allow_nan=False, ensure_ascii=False, indent=1).encode("utf-8", "replace")
