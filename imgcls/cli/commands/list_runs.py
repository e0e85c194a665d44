"""`imgcls runs`: all runs, or those that match a filter, with their state and scores."""

import json
import shlex
import sys
from typing import Annotated, Any

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.jobs import waiting_list
from imgcls.runs.index import COLUMNS, Query, names, search
from imgcls.runs.index.conditions import Condition, read
from imgcls.runs.index.described import described


def list_runs(
    *conditions: Annotated[
        str,
        Parameter(
            help="Show only runs for which all of these hold: a word in the name, the ID or the note, or a condition "
            "on a column or a setting, such as test>0.9, learning_rate<=0.01, tag=baseline or study=ID. Quote < and >. "
            "Names are the words on the Runs page, or for settings those of imgcls train, in upper or lower case: "
            f"'Learning rate<=0.01'. Columns: {', '.join(names.ON_SCREEN)}.",
        ),
    ],
    sort: Annotated[
        str,
        Parameter(
            show_default=False,
            help="Sort by this column (test, best, training_seconds, …), setting or metric of your own, largest first.",
        ),
    ] = "created",
    ascending: Annotated[
        bool, Parameter(negative="", show_default=False, help="Sort in ascending order instead.")
    ] = False,
    limit: Annotated[int | None, Parameter(show_default=False, help="Show at most this many.")] = None,
    archived: Annotated[
        bool, Parameter(negative="", show_default=False, help="Show archived runs, too; they are marked.")
    ] = False,
    as_json: Annotated[
        bool,
        Parameter(
            name="--json",
            negative="",
            show_default=False,
            help="Print JSON, for programs, with settings, tags, note and metrics.",
        ),
    ] = False,
) -> None:
    """List all runs that are not archived, the newest first, or those that match.

    The settings by which you filter or sort are shown as well.

    Example: imgcls runs --json

    Example: imgcls runs model=cnn "test>0.9" "learning_rate<=0.01" --sort test --limit 10
    """
    text = " ".join(map(shlex.quote, conditions))
    with exit_codes.exits_with(exit_codes.USAGE):
        query = Query(text=text, sort=sort, descending=not ascending, archived=archived, limit=limit)
        found = search(query)
        sort = names.resolve(sort) or names.plain(sort)
        named = [one.name for one in read(text) if isinstance(one, Condition)]
        if found.rows and sort not in COLUMNS and not any(sort in row["settings"] for row in found.rows):
            raise UserError(f"No run has a column or a setting called '{sort[:60]}' to sort by.")
    if as_json:
        rows = [described(runs.find(row["id"])) | {"note": row["note"] or ""} for row in found.rows]
        if archived:
            rows = [one | {"archived": bool(row["archived"])} for one, row in zip(rows, found.rows, strict=True)]
        print(json.dumps(rows, ensure_ascii=False, allow_nan=False, indent=1))
        return
    settings = [name for name in dict.fromkeys([*named, sort]) if name not in COLUMNS]
    if found.rows:
        print("\n".join(_lines(found.rows, settings)))
    if any(row["state"] == "queued" for row in found.rows) and (problem := waiting_list.problem()):
        print(f"Queued runs wait: {problem}", file=sys.stderr)
    for row in found.rows:
        if row["state"] == "queued" and (refusal := waiting_list.refusal_of(runs.find(row["id"]))):
            print(f"{row['id']} waits: {refusal.sentence()}", file=sys.stderr)
    if not found.everything:
        print("There are no runs yet. Train one with: imgcls train --data mnist_sample --model cnn --epochs 3")
    elif not found.rows:
        hidden = "" if archived else " Archived runs are hidden; --archived shows them."
        print(f"None of {found.everything:,} runs matches.{hidden}")


def _lines(rows: list[dict[str, Any]], settings: list[str]) -> list[str]:
    """A header and a line for each run; every column is as wide as its longest value, but for the name, the last one.
    `settings` are shown beside dataset and model."""
    table = [("ID", "State", "Test", "Validation", "Dataset, model", "Name")]
    for row in rows:
        shown = [f"{name}={row['settings'][name]}" for name in settings if name in row["settings"]]
        about = ", ".join([row["data"] or "–", row["model"] or "–", *shown])
        mark = "  [archived]" if row["archived"] else ""
        state, name = names.state_word(row["state"]), f"{row['name']}{mark}"
        table.append((row["id"], state, percent(row["test"]), percent(row["best"]), about, name))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    aligned = (str.ljust, str.ljust, str.rjust, str.rjust, str.ljust)
    return [
        "  ".join([*(write(cell, width) for write, cell, width in zip(aligned, line, widths, strict=False)), line[-1]])
        for line in table
    ]
