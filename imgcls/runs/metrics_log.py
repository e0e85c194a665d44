"""Reads `metrics.jsonl`, the metrics of a run, while it grows.

Lines, by their "kind":
    phase    {"phase": "loading" | "features" | "training" | "paused" | "folds" | "testing" | "saving"}
    plan     {"train": 4250, "validation": 750, "test": 1000, "steps": 67, "epochs": 10, "parameters": 105866}
    batch    {"epoch": 0.25, "loss": 0.61, "accuracy": 0.82, "rate": 5200.0, "learning_rate", "gradient_norm",
             "memory" (MB), "processor" (% of one core), "gpu" (%), "gpu_memory" (MB)}     means since the previous line
    epoch    {"epoch": 3, "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds", "best": true}
    features {"done": 512, "total": 4250}     images whose features have been computed, before the head is trained
    fold     {"number": 2, "total": 5}     a fold of the cross-validation begins
    stage    {"epoch": 10, "name": "fine-tuning", "learning_rate"}     a new training stage begins here
    change   {"epoch": 2.5, "what": "learning_rate" | "early_stopping", "value"}     a change by the user and when;
             for a learning rate also the "number" of its request
    resumed  {"epoch": 2.25}     training resumed here: lines about later epochs no longer count

Values that no trainer writes are dropped, so that readers find numbers where they expect them; `is_damaged` says so.
"""

import math
import threading
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import sharing
from imgcls.sharing import Action
from imgcls.system import json_files

PRINTED, PRINTED_BYTES = "log.txt", 20_000
ENDING = ("testing", "saving")
"""The phases after training, which cannot be paused."""
MOST = 1e12
"""No count of the plan is larger."""
MOST_EPOCHS = 1e6
LARGEST = 1e30
"""Curves are drawn in single precision."""
LINE_START = b'{"kind'
TEXT_LENGTH = 60
COUNTS = ("train", "validation", "test", "steps", "epochs", "head_epochs", "parameters")
PARTS = {"features": ("done", "total"), "fold": ("number", "total")}
DAMAGED = (
    "The file metrics.jsonl of this run is damaged: some of its lines cannot be read, so curves and times may be "
    "incomplete."
)


@dataclass(eq=False)
class Curves:
    """The metrics of one run. `refresh` reads what was added since the last call; any thread may call it.

    Lists only grow, except when a run is resumed: then a new, shorter list replaces the old one, so that other threads
    can still iterate over the old one. `bytes_read` grows with every line, and `epoch_lines` with every line but those
    of batches: keys for caches of what is computed from all lines, or only from those of epochs and stages.
    """

    path: Path
    phase: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    batches: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    features: dict[str, Any] = field(default_factory=dict)
    fold: dict[str, Any] = field(default_factory=dict)
    is_damaged: bool = False
    bytes_read: int = 0
    epoch_lines: int = 0
    _columns: dict[tuple[str, str], array] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def refresh(self) -> "Curves":
        """Reads the new lines. An incomplete last line waits for the next call; damaged lines are skipped."""
        with self._lock:
            try:
                with self.path.open("rb") as file:
                    file.seek(self.bytes_read)
                    content = file.read()
            except OSError:
                return self
            complete = content.rfind(b"\n") + 1
            for line in content[:complete].splitlines():
                self._take(line)
            self.bytes_read += complete
        return self

    def _take(self, line: bytes) -> None:
        try:
            written = json_files.parse(line)
        except ValueError:
            # A killed trainer leaves the beginning of a line, which is no damage.
            self.is_damaged |= bool(line.strip()) and not line.startswith(LINE_START)
            return
        entry = sound(written)
        self.is_damaged |= entry != written
        if entry is None:
            return
        kind = entry["kind"]
        if kind == "phase":
            self.phase = entry["phase"]
        elif kind == "plan":
            self.plan = entry
        elif kind == "batch":
            self.batches.append(entry)
            return
        elif kind == "epoch":
            # A repeated epoch replaces the first one: a trainer that is paused after the last batch of an epoch and
            # killed after its validation resumes before the validation.
            self._drop("epochs", before=entry["epoch"])
            self.epochs.append(entry)
        elif kind == "change":
            self.changes.append(entry)
        elif kind in ("features", "fold"):
            setattr(self, kind, entry)
        elif kind == "stage":
            self._drop("stages", before=entry["epoch"])  # repeated if the trainer was killed right here
            self.stages.append(entry)
        elif kind == "resumed":
            for lines in ("batches", "epochs", "changes", "stages"):
                self._drop(lines, until=entry["epoch"])
        self.epoch_lines += 1  # last, or another thread could keep old values under the new number

    def _drop(self, lines: str, *, until: float = math.inf, before: float = math.inf) -> None:
        """Keeps lines about epochs up to `until` and before `before`."""
        rows = getattr(self, lines)
        kept = len(rows)
        while kept and ((at := rows[kept - 1]["epoch"]) > until or at >= before):
            kept -= 1
        if kept < len(rows):
            setattr(self, lines, rows[:kept])
            for (owner, _), column in self._columns.items():
                if owner == lines:
                    del column[kept:]

    def series(self, lines: str, *names: str) -> tuple[np.ndarray, ...]:
        """Columns of the "batches" or "epochs" lines as float32; null and missing values are NaN."""
        with self._lock:
            return tuple(np.array(self._column(lines, name), np.float32) for name in names)

    def _column(self, lines: str, name: str) -> array:
        """One column, extended by the rows that are new since the last call."""
        rows = getattr(self, lines)
        column = self._columns.setdefault((lines, name), array("f"))
        column.extend(math.nan if (value := row.get(name)) is None else value for row in rows[len(column) :])
        return column

    @property
    def best(self) -> dict[str, Any] | None:
        """The line of the best epoch so far."""
        return next((line for line in reversed(self.epochs) if line.get("best")), None)

    @property
    def total_epochs(self) -> int:
        """The planned epochs, minus those saved by a stage that stopped early."""
        planned = int(self.plan.get("epochs") or 0)
        first = self.plan.get("head_epochs")
        return int(self.stages[-1]["epoch"]) + planned - int(first) if self.stages and first else planned

    @property
    def stage_start(self) -> float:
        """The epoch at which the current stage began; 0 if there is only one."""
        return self.stages[-1]["epoch"] if self.stages else 0.0

    @property
    def stage_end(self) -> int:
        """The last epoch of the current stage."""
        first = self.plan.get("head_epochs")
        return self.total_epochs if self.stages or not first else int(first)

    def of_stage(self, *names: str) -> tuple[np.ndarray, ...]:
        """`series` of the "epochs" lines of the current stage."""
        epochs, *columns = self.series("epochs", "epoch", *names)
        here = ~(epochs <= self.stage_start)
        return epochs[here], *(column[here] for column in columns)

    @property
    def progress(self) -> float:
        """Epochs done, including the fraction of the current one."""
        within = next((line["epoch"] for line in self.batches[-1:]), 0)
        return float(max(within, len(self.epochs)))

    @property
    def images_per_second(self) -> float:
        """Training images per second over the last lines, 0 if unknown."""
        here = [line for line in self.batches[-8:] if line["epoch"] > self.stage_start]
        rates = [line["rate"] for line in here if line.get("rate")]
        return sum(rates) / len(rates) if rates else 0.0

    @property
    def features_done(self) -> float:
        """The fraction of images whose features the backbone has computed, 0 to 1."""
        return min(self.features["done"] / self.features["total"], 1.0) if self.features.get("total") else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until all epochs are done, including validation, at the pace of the last ones.

        None if unknown, for example if another stage, whose pace cannot be known, is still to come.
        """
        left = self.total_epochs - self.progress
        if not self.total_epochs or left <= 0 or self.stage_end < self.total_epochs:
            return None
        here = [line for line in self.epochs[-3:] if line["epoch"] > self.stage_start]
        recent = [line["seconds"] for line in here if line.get("seconds")]
        if recent:
            return left * sum(recent) / len(recent)
        rate = self.images_per_second
        return left * (self.plan.get("train") or 0) / rate if rate else None


def sound(line: Any) -> dict[str, Any] | None:
    """A line without the values that a trainer cannot have written; None if nothing of it can be used."""
    if not isinstance(line, dict):
        return None
    kind = line.get("kind")
    if not isinstance(kind, str):
        return None
    if kind == "phase":
        return line if isinstance(line.get("phase"), str) else None
    if kind == "plan":
        return {name: value for name, value in line.items() if name not in COUNTS or _is_count(name, value)}
    if kind in PARTS:
        return line if all(json_files.is_integer(line.get(name), 0, int(MOST)) for name in PARTS[kind]) else None
    if not json_files.is_number(line.get("epoch"), 0, MOST_EPOCHS):
        return None
    if kind in ("batch", "epoch"):
        return {name: _measured(value) if name not in ("kind", "best") else value for name, value in line.items()}
    if kind == "change":
        is_bool = line.get("what") == "early_stopping" and isinstance(line.get("value"), bool)
        is_rate = line.get("what") == "learning_rate" and json_files.is_number(line.get("value"))
        return line if is_bool or is_rate else None
    if kind == "stage":
        return line if isinstance(line.get("name", ""), str) and len(line.get("name", "")) <= TEXT_LENGTH else None
    return line if kind == "resumed" else None


def _is_count(name: str, value: Any) -> bool:
    is_left_out = value is None and name == "head_epochs"  # without a backbone
    return is_left_out or json_files.is_integer(value, 0, int(MOST))


def _measured(value: Any) -> float | None:
    """A measured value; None if it is not a number that single precision can hold."""
    if type(value) is float and -LARGEST <= value <= LARGEST:  # nearly all are, and a page reads thousands
        return value
    return value if json_files.is_number(value, -LARGEST, LARGEST) else None


def printed(folder: Path) -> str:
    """The end of what the trainer of a run has printed, which names folders of the server.

    Raises:
        NotAllowed: it is not the visitor's run.
        OSError: there is nothing.
    """
    sharing.require(Action.SEE_LOG, folder)
    return (folder / PRINTED).read_bytes()[-PRINTED_BYTES:].decode("utf-8", "replace")
