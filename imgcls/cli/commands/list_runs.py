"""`imgcls runs`: all runs with their state and scores."""

import json
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.evaluation.metrics.percent import percent
from imgcls.runs.store import described


def list_runs(
    *,
    as_json: Annotated[
        bool, Parameter(name="--json", negative="", show_default=False, help="Print JSON, for programs.")
    ] = False,
) -> None:
    """List all runs, the newest first.

    Example: imgcls runs --json
    """
    found = [described(run) for run in runs.all_runs()]
    if as_json:
        print(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1))
        return
    for row in found:
        score = row["test_accuracy"]
        shown = percent(score)
        print(f"{row['id']:26} {row['state']:9} {shown:>7}  {row['data'] or '–'}, {row['model'] or '–'}  {row['name']}")
    if not found:
        print("There are no runs yet. Train one with: imgcls train --data mnist_sample --model cnn --epochs 3")
