"""`imgcls learning-curve`: would more data help? The same as the section “More data” of the Evaluate page."""

import json
import time
from typing import Annotated

from cyclopts import Parameter

from imgcls import datasets, runs
from imgcls.cli import exit_codes
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.runs import Run
from imgcls.runs.index import names
from imgcls.studies import learning_curve
from imgcls.studies.learning_curve import LearningCurve

POLL_SECONDS = 0.5
MOST_CLASSES = 10
"""Classes that are listed; --json has all."""


def show_learning_curve(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    /,
    *,
    seeds: Annotated[int, Parameter(name="--seeds", help="Runs for each size.")] = 2,
    train: Annotated[
        bool, Parameter(name="--train", negative="", show_default=False, help="Train what is missing, and wait.")
    ] = False,
    as_json: Annotated[
        bool, Parameter(name="--json", negative="", show_default=False, help="Print JSON, for programs.")
    ] = False,
) -> int:
    """Would more training images help? A learning curve over 10 to 100% of them, extrapolated.

    With --train, ordinary runs with the settings of RUN are queued. Without it, those that exist are used.

    Example: imgcls learning-curve my-run --train --seeds 3

    Example: imgcls learning-curve my-run --json
    """
    if not 1 <= seeds <= learning_curve.MOST_SEEDS:
        raise exit_codes.CommandError(f"--seeds must be from 1 to {learning_curve.MOST_SEEDS}.", exit_codes.USAGE)
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    if train:
        _train(found, seeds, quiet=as_json)
    curve = learning_curve.read(learning_curve.members(found, runs.all_runs()))
    if as_json:
        print(json.dumps(curve.as_json(), ensure_ascii=False, allow_nan=False, indent=1))
    else:
        print("\n".join(_lines(curve)))
    return exit_codes.OK


def _train(run: Run, seeds: int, *, quiet: bool) -> None:
    """Queues the missing runs and waits for them.

    Raises:
        UserError: some have failed.
    """
    if not datasets.is_ready(run.config.data):
        datasets.prepare(run.config.data)
    started = learning_curve.start(run, seeds)
    waiting = [*started, *learning_curve.under_way(run, runs.all_runs())]
    pending = {one.id: one for one in waiting}
    while pending:
        for one in list(pending.values()):
            if (state := one.state) in ("finished", "stopped", "failed", "damaged", "lost"):
                del pending[one.id]
                if not quiet:
                    print(f"{one.label}: {names.state_word(state)}, {len(pending)} to go", flush=True)
        time.sleep(POLL_SECONDS)
    failed = [one.id for one in started if one.state != "finished"]
    if failed:
        raise UserError(f"{len(failed)} runs of the learning curve did not finish: {', '.join(failed)}.")


def _lines(curve: LearningCurve) -> list[str]:
    lines = [curve.verdict(), ""]
    lines += [
        f"{int(images):>9,} images  {percent(accuracy):>7}  {run.id}"
        for run, images, accuracy in zip(curve.runs, curve.images, curve.accuracies, strict=True)
    ]
    lines.append("")
    for times in (2, 4):
        score = curve.accuracy(times)
        lines.append(
            f"{int(times * curve.largest):>9,} images  {percent(score.value):>7}  95% band "
            f"{interval(score.low, score.high)}, an estimate"
        )
    if curve.classes:
        lines += ["", "Recall now, and with twice the images; the largest gains first:"]
        lines += [
            f"  {one.name[:30]:30} {percent(one.now.value):>6}  {percent(one.twice.value):>6} "
            f"({interval(one.twice.low, one.twice.high)})"
            for one in curve.classes[:MOST_CLASSES]
        ]
        if len(curve.classes) > MOST_CLASSES:
            lines.append(f"  {len(curve.classes) - MOST_CLASSES:,} more; --json lists all.")
    return lines
