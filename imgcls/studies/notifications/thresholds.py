"""The rule "metric below X at epoch N", judged once for each run as soon as that epoch is complete."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from imgcls.evaluation.metrics.percent import percent
from imgcls.runs import Run
from imgcls.runs.annotations import own_metrics
from imgcls.runs.metrics_log import Curves


@dataclass(frozen=True)
class Rule:
    """A run is reported whose metric is below `value` at an epoch, or above it.

    `metric` is one of the user's own code, in its own unit; "" is the validation accuracy in percent, of which 0 turns
    the rule off.
    """

    value: float = 0.0
    epoch: int = 1
    metric: str = ""
    is_above: bool = False

    @property
    def is_on(self) -> bool:
        return bool(self.metric) or self.value > 0

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
    judged: set[Path] = field(default_factory=set)
    rule: Rule = field(default_factory=Rule)

    def broken_by(self, run: Run, rule: Rule) -> float | None:
        """The value of the metric at the epoch of the rule, if it is known and breaks the rule."""
        if rule != self.rule:
            self.judged.clear()
            self.rule = rule
        if not rule.is_on or run.folder in self.judged:
            return None
        value = _own(run, rule) if rule.metric else self._accuracy(run, rule.epoch)
        if value is None or not math.isfinite(value):
            return None
        self.judged.add(run.folder)
        self.logs.pop(run.folder, None)
        return float(value) if rule.is_broken(value) else None

    def _accuracy(self, run: Run, epoch: int) -> float | None:
        curves = self.logs.setdefault(run.folder, Curves(run.folder / "metrics.jsonl")).refresh()
        return next((line.get("val_accuracy") for line in curves.epochs if line.get("epoch") == epoch), None)

    def forget(self, run: Run) -> None:
        """Of a run that has ended."""
        self.logs.pop(run.folder, None)
        self.judged.discard(run.folder)


def _own(run: Run, rule: Rule) -> float | None:
    """The last value recorded for the epoch; of values without an epoch the one with this number, as in their curve."""
    values = own_metrics.read(run).series().get(rule.metric, [])
    if values and all(epoch is None for epoch, _ in values):
        return values[rule.epoch - 1][1] if len(values) >= rule.epoch else None
    return next((value for epoch, value in reversed(values) if epoch == rule.epoch), None)
