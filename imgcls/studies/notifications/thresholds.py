"""Rules such as "metric below X at epoch N", judged once for each run as soon as that epoch is complete."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgcls.evaluation.metrics.percent import percent
from imgcls.runs import Run
from imgcls.runs.annotations import own_metrics
from imgcls.runs.metrics_log import Curves


@dataclass(frozen=True)
class Rule:
    """A run is reported whose metric is below `value` at an epoch, or above it.

    `metric` is one of the user's own code, in its own unit; "" is the validation accuracy in percent.
    """

    value: float = 0.0
    epoch: int = 1
    metric: str = ""
    is_above: bool = False

    @property
    def words(self) -> str:
        """'below 60%', 'night/f1 above 0.8'."""
        side = "above" if self.is_above else "below"
        return f"{self.metric} {side} {self.value:g}" if self.metric else f"{side} {self.value:g}%"

    def found(self, value: float) -> str:
        """What was measured, as a sentence."""
        measured = f"{self.metric} {value:.4g}" if self.metric else f"Validation accuracy {percent(value)}"
        return f"{measured} at epoch {self.epoch}."

    def is_broken(self, value: float) -> bool:
        """Whether to report the run."""
        shown = value if self.metric else 100 * value
        return shown > self.value if self.is_above else shown < self.value


@dataclass
class Judge:
    """Reads only what the logs of runs under way have grown by, and none of a run that it has judged."""

    logs: dict[Path, Curves] = field(default_factory=dict)
    judged: dict[Path, set[Rule]] = field(default_factory=dict)

    def broken_by(self, run: Run, rules: Sequence[Rule]) -> list[tuple[Rule, float]]:
        """The rules that the run breaks, each once, with the value of the metric at their epoch."""
        judged = self.judged.setdefault(run.folder, set())
        found = [(rule, self._value(run, rule)) for rule in rules if rule not in judged]
        known = [(rule, value) for rule, value in found if value is not None]
        judged.update(rule for rule, _ in known)
        if judged.issuperset(rules):
            self.logs.pop(run.folder, None)
        return [(rule, value) for rule, value in known if rule.is_broken(value)]

    def _value(self, run: Run, rule: Rule) -> float | None:
        """That of the metric at the epoch of the rule; None if it is not known yet."""
        value = _own(run, rule) if rule.metric else self._accuracy(run, rule.epoch)
        if value is None or not math.isfinite(value):
            return None
        return float(value)

    def _accuracy(self, run: Run, epoch: int) -> float | None:
        curves = self.logs.setdefault(run.folder, Curves(run.folder / "metrics.jsonl")).refresh()
        return next((line.get("val_accuracy") for line in curves.epochs if line.get("epoch") == epoch), None)

    def forget(self, run: Run) -> None:
        """Of a run that has ended."""
        self.logs.pop(run.folder, None)
        self.judged.pop(run.folder, None)


def _own(run: Run, rule: Rule) -> float | None:
    """The last value recorded for the epoch; of values without an epoch the one with this number, as in their curve."""
    values = own_metrics.read(run).series().get(rule.metric, [])
    if values and all(epoch is None for epoch, _ in values):
        return values[rule.epoch - 1][1] if len(values) >= rule.epoch else None
    return next((value for epoch, value in reversed(values) if epoch == rule.epoch), None)
