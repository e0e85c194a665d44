"""`imgcls runs`: all runs with their state and scores."""

import json
import time
from typing import Annotated, Any

from cyclopts import Parameter

from imgcls import runs
from imgcls.errors import UserError
from imgcls.runs import Run


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
        shown = "–" if score is None else f"{100 * score:.1f}%"
        print(f"{row['id']:26} {row['state']:9} {shown:>7}  {row['data'] or '–'}, {row['model'] or '–'}  {row['name']}")
    if not found:
        print("There are no runs yet. Train one with: imgcls train --data mnist_sample --model cnn --epochs 3")


def described(run: Run) -> dict[str, Any]:
    """A run as plain values; None for what cannot be read."""
    data = model = None
    result: dict[str, Any] = {}
    try:
        data, model = run.config.data, run.config.model
        result = run.result or {}
    except UserError:
        pass  # its state says that it is damaged
    scores = ("test_accuracy", "val_accuracy", "test_cross_entropy", "test_macro_f1", "parameters", "seconds")
    return {
        "id": run.id,
        "name": run.label,
        "state": run.state,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.created)),
        "data": data,
        "model": model,
        **{name: result.get(name) for name in scores},
    }
