"""`imgcls compare`: is one run better than another? The same as the Compare section of the Evaluate page."""

import json
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.config import differences
from imgcls.errors import UserError
from imgcls.evaluation import comparison, repeated_seeds
from imgcls.evaluation.comparison import RunComparison
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.runs import Run

MOST_CLASSES = 10
"""Classes that are listed; --json has all."""


def compare(
    a: Annotated[str, Parameter(help="A run folder or a run ID.")],
    b: Annotated[str, Parameter(help="Another run, tested on the same images.")],
    /,
    *,
    seeds: Annotated[
        bool,
        Parameter(
            name="--seeds",
            negative="",
            show_default=False,
            help="Compare the settings of A and B over all runs that differ from them only in the seed.",
        ),
    ] = False,
    as_json: Annotated[
        bool, Parameter(name="--json", negative="", show_default=False, help="Print JSON, for programs.")
    ] = False,
) -> None:
    """Compare two runs on their test images: is B really better than A?

    A paired comparison with a 95% confidence interval and McNemar's test, as on the Evaluate page.

    Example: imgcls compare digits my-run

    Example: imgcls compare digits my-run --json

    Example: imgcls compare narrow-0 wide-0 --seeds
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        first, second = runs.run_from_argument(a), runs.run_from_argument(b)
    if seeds:
        _compare_settings(first, second, as_json)
        return
    found = comparison.compare(first, second)
    changed = _settings(first, second)
    if as_json:
        print(json.dumps(found.as_json() | {"settings": changed}, ensure_ascii=False, allow_nan=False, indent=1))
        return
    caution = repeated_seeds.caution(first, second, runs.all_runs())
    print("\n".join(_lines(found, changed, caution.short if caution else "")))
    if caution:
        print(f"\n{caution.sentence}")


def _compare_settings(first: Run, second: Run, as_json: bool) -> None:
    """Both settings over all their seeds."""
    everything = runs.all_runs()
    a, b = (repeated_seeds.group_of(run, everything) for run in (first, second))
    found, (one, other) = repeated_seeds.compare(a, b), (a.mean(), b.mean())
    if as_json:
        groups = {
            letter: {
                "runs": [run.id for run in group.runs],
                "seeds": list(group.seeds),
                "accuracies": group.accuracies.tolist(),
                "mean": {"value": mean.value, "low": mean.low, "high": mean.high},
            }
            for letter, group, mean in (("a", a, one), ("b", b, other))
        }
        difference = {name: getattr(found.difference, name) for name in ("value", "low", "high")}
        facts = {"difference": difference, "p_value": found.p_value, "seeds": found.seeds, "images": found.images}
        print(json.dumps(groups | facts | {"sentence": found.sentence("A", "B")}, ensure_ascii=False, indent=1))
        return
    print(found.sentence("A", "B"))
    print("Paired t test with seeds and test images as crossed random effects.\n")
    print(f"A  {first.label}: {_percent(one)} over {len(a.runs)} seeds")
    print(f"B  {second.label}: {_percent(other)} over {len(b.runs)} seeds")


def _settings(first: Run, second: Run) -> dict[str, list]:
    """The settings in which the runs differ; none if those of one cannot be read."""
    try:
        return differences([first.config, second.config])
    except UserError:
        return {}


def _lines(found: RunComparison, changed: dict[str, list], caveat: str) -> list[str]:
    paired, (one, two) = found.paired, found.scores()
    name = "exact match" if found.is_multilabel else "accuracy"
    lines = [
        paired.sentence("A", "B", caveat=caveat),
        "",
        f"A  {found.first.label} ({found.first.id}): {name} {_percent(one)}",
        f"B  {found.second.label} ({found.second.id}): {name} {_percent(two)}",
        f"Only A correct: {paired.only_first:,}. Only B correct: {paired.only_second:,}. "
        f"Both wrong: {paired.both_wrong:,}. McNemar's exact test: p = {paired.p_value:.3g}.",
        f"Cross-entropy of B minus that of A: {found.loss.value:+.4f} "
        f"(95% CI {found.loss.low:+.4f} to {found.loss.high:+.4f}).",
    ]
    value, low, high = (100 * np.asarray(part) for part in (found.classes.value, found.classes.low, found.classes.high))
    clear = [int(label) for label in np.argsort(-np.abs(value), kind="stable") if low[label] > 0 or high[label] < 0]
    if clear:
        what = "Label accuracy" if found.is_multilabel else "Recall"
        lines += ["", f"{what} of B minus that of A, where the 95% interval excludes 0:"]
        lines += [
            f"  {found.names[label][:30]:30} {value[label]:+6.1f} points ({low[label]:+.1f} to {high[label]:+.1f})"
            for label in clear[:MOST_CLASSES]
        ]
        if len(clear) > MOST_CLASSES:
            lines.append(f"  {len(clear) - MOST_CLASSES:,} more; --json lists all.")
    if changed:
        lines += ["", "Settings that differ (A, B):"]
        lines += [f"  {setting}: {first}, {second}" for setting, (first, second) in changed.items()]
    return lines


def _percent(score: Score) -> str:
    return f"{percent(score.value)} (95% CI {interval(score.low, score.high)})"
