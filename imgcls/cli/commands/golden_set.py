"""The option `--golden` of `imgcls evaluate`, and what `imgcls train` prints about the golden set."""

import json

from imgcls.cli import exit_codes
from imgcls.errors import UserError
from imgcls.evaluation import golden
from imgcls.runs import Run


def check(run: Run, before: Run | None, *, as_json: bool) -> int:
    """Prints the report; the exit code says whether anything is broken.

    Raises:
        CommandError: the dataset has no golden set.
    """
    report = golden.check(run, before)
    if report is None:
        raise exit_codes.CommandError(
            "The dataset of this run has no golden set. Pin images on the Evaluate page (Errors, Single image) or "
            "the Predict page.",
            exit_codes.NOT_FOUND,
        )
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False, allow_nan=False, indent=1))
    else:
        print(report.sentence())
        for word, outcomes in (("broken", report.broken), ("fixed", report.fixed)):
            for one in outcomes:
                image = one.image
                print(f"  {word}  {image.digest}  class {image.label}, predicted {one.predicted}  ({image.source})")
    return exit_codes.FAILED if report.broken else exit_codes.OK


def print_report(run: Run) -> None:
    """One line about a run that has just been trained; nothing without a golden set."""
    try:
        report = golden.check(run)
    except UserError:
        return  # it has no model, as it was stopped before its first epoch
    if report is not None and report.outcomes:
        print(report.sentence())
