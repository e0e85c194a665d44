"""What a run has written so far: `metrics.jsonl`, read as it grows.

Lines, by their "kind":
    phase    {"phase": "loading" | "features" | "training" | "paused" | "testing" | "saving"}
    plan     {"train": 4250, "validation": 750, "test": 1000, "steps": 67, "epochs": 10, "parameters": 105866}
    batch    {"epoch": 0.25, "loss": 0.61, "accuracy": 0.82, "rate": 5200.0, "learning_rate", "gradient_norm",
             "memory" (MB), "processor" (% of one core)}     means since the line before
    epoch    {"epoch": 3, "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds", "best": true}
    features {"done": 512, "total": 4250}     pictures that a trained network has looked at, before a head learns
    stage    {"epoch": 10, "name": "fine-tuning", "learning_rate"}     from here on it is another training
    change   {"epoch": 2.5, "what": "learning_rate" | "early_stopping", "value"}     what a person changed, and where;
             for a rate also the "number" of its request
    resumed  {"epoch": 2.25}     the training goes on from here: lines about later epochs do not count any more
"""

import json
import math
import threading
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ENDING = ("testing", "saving")
"""The phases of a trainer that learns no more."""


@dataclass
class Curves:
    """The journal of one run. `refresh` reads what was added since the last look; it may be called from any thread.

    The lists only grow, but for a run that was resumed: then a shorter list takes their place, so that a thread that
    holds the old one can go through it undisturbed.
    """

    path: Path
    phase: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    batches: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    features: dict[str, Any] = field(default_factory=dict)
    _offset: int = 0
    _columns: dict[tuple[str, str], array] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def refresh(self) -> "Curves":
        """Reads the new lines. A torn last line is left for the next look; a line that is no JSON is passed over."""
        with self._lock:
            try:
                with self.path.open("rb") as file:
                    file.seek(self._offset)
                    content = file.read()
            except OSError:
                return self
            complete = content.rfind(b"\n") + 1
            for line in content[:complete].splitlines():
                self._take(line)
            self._offset += complete
        return self

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            kind = entry["kind"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return
        if kind == "phase":
            self.phase = str(entry.get("phase", ""))
        elif kind == "plan":
            self.plan = entry
        elif kind == "batch":
            self.batches.append(entry)
        elif kind == "epoch":
            # One that is told again takes the place of what was told first: a trainer that was paused after the last
            # batch of an epoch, and killed after its validation, is resumed before the validation.
            self._drop("epochs", before=_number(entry.get("epoch")))
            self.epochs.append(entry)
        elif kind == "change":
            self.changes.append(entry)
        elif kind == "features":
            self.features = entry
        elif kind == "stage" and math.isfinite(_number(entry.get("epoch"))):
            self._drop("stages", before=entry["epoch"])  # told again after a kill at this very place
            self.stages.append(entry)
        elif kind == "resumed":
            for lines in ("batches", "epochs", "changes", "stages"):
                self._drop(lines, until=_number(entry.get("epoch")))

    def _drop(self, lines: str, *, until: float = math.inf, before: float = math.inf) -> None:
        """Keeps what is about epochs up to `until` and less than `before`. NaN, from a damaged line, drops nothing."""
        rows = getattr(self, lines)
        kept = len(rows)
        while kept and ((at := _number(rows[kept - 1].get("epoch"))) > until or at >= before):
            kept -= 1
        if kept < len(rows):
            setattr(self, lines, rows[:kept])
            for (owner, _), column in self._columns.items():
                if owner == lines:
                    del column[kept:]

    def series(self, lines: str, *names: str) -> tuple[np.ndarray, ...]:
        """Columns of the "batches" or "epochs" lines as float32; what is null or missing is NaN."""
        with self._lock:
            return tuple(np.array(self._column(lines, name), np.float32) for name in names)

    def _column(self, lines: str, name: str) -> array:
        """One column, to which only the rows that are new since the last look are added."""
        rows = getattr(self, lines)
        column = self._columns.setdefault((lines, name), array("f"))
        column.extend(_number(row.get(name)) for row in rows[len(column) :])
        return column

    @property
    def best(self) -> dict[str, Any] | None:
        """The line of the best epoch so far."""
        return next((line for line in reversed(self.epochs) if line.get("best")), None)

    @property
    def total_epochs(self) -> int:
        """Those that are planned; a stage that ended early has made them fewer."""
        planned = int(self.plan.get("epochs") or 0)
        first = self.plan.get("head_epochs")
        return int(self.stages[-1]["epoch"]) + planned - int(first) if self.stages and first else planned

    @property
    def stage_start(self) -> float:
        """The epoch at which the present stage began: 0 where there is but one."""
        return self.stages[-1]["epoch"] if self.stages else 0.0

    @property
    def stage_end(self) -> int:
        """The last epoch of the present stage."""
        first = self.plan.get("head_epochs")
        return self.total_epochs if self.stages or not first else int(first)

    def of_stage(self, *names: str) -> tuple[np.ndarray, ...]:
        """As `series` of the "epochs" lines, those of the present stage alone."""
        epochs, *columns = self.series("epochs", "epoch", *names)
        here = ~(epochs <= self.stage_start)
        return epochs[here], *(column[here] for column in columns)

    @property
    def progress(self) -> float:
        """Epochs done, with the fraction of the present one."""
        within = next((line.get("epoch") for line in self.batches[-1:]), 0)
        return float(max(within or 0, len(self.epochs)))

    @property
    def images_per_second(self) -> float:
        """Training pictures per second over the last lines, 0 if unknown."""
        here = [line for line in self.batches[-8:] if not _number(line.get("epoch")) <= self.stage_start]
        rates = [line["rate"] for line in here if line.get("rate")]
        return float(np.mean(rates)) if rates else 0.0

    @property
    def features_done(self) -> float:
        """The share of the pictures that a trained network has looked at, 0 to 1."""
        done, total = (_number(self.features.get(name)) for name in ("done", "total"))
        return min(max(done / total, 0.0), 1.0) if total > 0 and math.isfinite(done) else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Until all epochs are done at the pace of the last ones, validation included; None while unknown.

        Of a stage that is to come nobody knows the pace.
        """
        left = self.total_epochs - self.progress
        if not self.total_epochs or left <= 0 or self.stage_end < self.total_epochs:
            return None
        here = [line for line in self.epochs[-3:] if _number(line.get("epoch")) > self.stage_start]
        recent = [line["seconds"] for line in here if line.get("seconds")]
        if recent:
            return left * float(np.mean(recent))
        rate = self.images_per_second
        return left * self.plan.get("train", 0) / rate if rate else None


def _number(value: Any) -> float:
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:  # a whole number of hundreds of digits
        return math.nan
