"""The rule "validation accuracy below X at epoch N", judged once for each run as soon as that epoch is complete."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from imgcls.runs import Run
from imgcls.runs.metrics_log import Curves


@dataclass
class Judge:
    """Reads only what the logs of runs under way have grown by, and none of a run that it has judged."""

    logs: dict[Path, Curves] = field(default_factory=dict)
    judged: set[Path] = field(default_factory=set)
    rule: tuple[float, int] = (0.0, 1)

    def too_low(self, run: Run, rule: tuple[float, int]) -> float | None:
        """The validation accuracy at epoch `rule[1]`, if it is known and below the percentage `rule[0]`."""
        if rule != self.rule:
            self.judged.clear()
            self.rule = rule
        least, epoch = rule
        if not least or run.folder in self.judged:
            return None
        curves = self.logs.setdefault(run.folder, Curves(run.folder / "metrics.jsonl")).refresh()
        value = next((line.get("val_accuracy") for line in curves.epochs if line.get("epoch") == epoch), None)
        if value is None or not math.isfinite(value):
            return None
        self.judged.add(run.folder)
        self.logs.pop(run.folder, None)
        return float(value) if 100 * value < least else None

    def forget(self, run: Run) -> None:
        """Of a run that has ended."""
        self.logs.pop(run.folder, None)
        self.judged.discard(run.folder)
