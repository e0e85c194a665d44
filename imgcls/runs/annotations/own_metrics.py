"""Values of the user's own code, recorded for a run: `own_metrics.jsonl` of its folder. Training does not touch it.

    {"at": 1764583200.5, "epoch": 3, "values": {"night/f1": 0.91}}       "epoch" is null for values of the whole run

Lines are only appended, and writers wait for each other. A reader may meet any content: it keeps the lines that
`record` could have written, up to the limits below, and says how many it left out.
"""

import json
import math
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import filelock

from imgcls import sharing
from imgcls.errors import RunError, SettingError
from imgcls.params import shortened
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.system import json_files

NAME, LOCK, LOCK_SECONDS = "own_metrics.jsonl", ".own_metrics.lock", 10.0
METRIC = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,39}")
MOST_METRICS = 40
"""Of one run."""
MOST_BYTES = 2 << 20
"""Of the file; about 30,000 values."""
LINE_BYTES = 8_192
MOST_EPOCH = 1_000_000
LARGEST = 1e30


@dataclass(frozen=True)
class Record:
    """Values that were recorded together. `at`: seconds since 1970."""

    at: float
    epoch: int | None
    values: Mapping[str, float]


@dataclass(frozen=True)
class OwnMetrics:
    """The content of the file. `damaged` lines were left out, and so was what exceeds the limits (`is_cut`)."""

    records: tuple[Record, ...] = ()
    damaged: int = 0
    is_cut: bool = False

    def series(self) -> dict[str, list[tuple[int | None, float]]]:
        """Metric -> its epochs and values, in the order in which they were recorded."""
        found: dict[str, list[tuple[int | None, float]]] = {}
        for record in self.records:
            for name, value in record.values.items():
                found.setdefault(name, []).append((record.epoch, value))
        return found

    def last(self) -> dict[str, float]:
        """Metric -> its last value."""
        return {name: values[-1][1] for name, values in self.series().items()}

    @property
    def problem(self) -> str:
        """What was left out, in a sentence; "" if nothing was."""
        said = []
        if self.damaged:
            lines = "1 line" if self.damaged == 1 else f"{self.damaged:,} lines"
            said.append(f"{lines} of {NAME} cannot be read and {'is' if self.damaged == 1 else 'are'} left out.")
        if self.is_cut:
            said.append(f"Only {MOST_METRICS} metrics and the first {MOST_BYTES >> 20} MB of {NAME} are shown.")
        return " ".join(said)


def read(run: Run) -> OwnMetrics:
    """What was recorded for a run; empty if there is no file."""
    path = run.folder / NAME
    try:
        facts = path.stat()
        return _read(path, facts.st_size, facts.st_mtime_ns)
    except OSError:
        return OwnMetrics()


@lru_cache(8)
def _read(path: Path, size: int, modified: int) -> OwnMetrics:
    """`size` and `modified`: of the file, which is read again once they differ."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES)
    is_cut = size > len(content)
    if is_cut:
        content = content[: content.rfind(b"\n") + 1]
    records, damaged = [], 0
    names: set[str] = set()
    for line in content.split(b"\n"):
        if not line.strip():
            continue
        record = _record(line)
        if record is None:
            damaged += 1
            continue
        kept = {name: value for name, value in record.values.items() if name in names or len(names) < MOST_METRICS}
        names |= kept.keys()
        is_cut |= len(names | record.values.keys()) > MOST_METRICS
        if kept:
            records.append(Record(record.at, record.epoch, kept))
    return OwnMetrics(tuple(records), damaged, is_cut)


def _record(line: bytes) -> Record | None:
    """The values of a line; None if `record` cannot have written it."""
    if len(line) > LINE_BYTES:
        return None
    try:
        entry = json_files.parse(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or not isinstance(values := entry.get("values"), dict) or not values:
        return None
    at, epoch = entry.get("at"), entry.get("epoch")
    if not json_files.is_number(at, 0.0, LARGEST) or not (epoch is None or json_files.is_integer(epoch, 0, MOST_EPOCH)):
        return None
    for name, value in values.items():
        if not METRIC.fullmatch(name) or not json_files.is_number(value, -LARGEST, LARGEST):
            return None
    return Record(float(at), epoch, {name: float(value) for name, value in values.items()})


def key(name: str) -> str:
    """What filters and the index call a metric: "night/F1" is `night_f1`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def last_values(run: Run) -> dict[str, float]:
    """The last value of each metric, by its `key`."""
    return {key(name): value for name, value in read(run).last().items()}


def record(run: Run, values: Mapping[str, Any], epoch: int | None = None) -> Run:
    """Appends values. Returns the run that holds them: of a shipped run, your own copy. `index.recording` is what to
    call: it knows which names are taken.

    Raises:
        SettingError: a name, a value or the epoch is invalid.
        RunError: the run has as many metrics or values as it can have, or its folder is not writable.
        NotAllowed: it is not the visitor's run.
    """
    sharing.require(Action.RENAME_RUN, run.folder)
    checked = _checked(values)
    if epoch is not None and not json_files.is_integer(epoch, 0, MOST_EPOCH):
        raise SettingError(f"The epoch must be a whole number from 0 to {MOST_EPOCH:,}, not {shortened(epoch)}.")
    run = store.writable(run)
    line = json.dumps({"at": round(time.time(), 3), "epoch": epoch, "values": checked}).encode() + b"\n"
    try:
        with filelock.FileLock(run.folder / LOCK, timeout=LOCK_SECONDS):
            _append(run, line, checked)
    except filelock.Timeout as error:
        raise RunError("The values could not be recorded: another process is recording. Try again.") from error
    except OSError as error:
        raise RunError(f"The values could not be recorded: {error.strerror or error}.") from error
    return run


def _append(run: Run, line: bytes, values: Mapping[str, float]) -> None:
    path = run.folder / NAME
    _check_names(_known(run), values)
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":  # a writer was killed in the middle of its line
                line = b"\n" + line
        if size + len(line) > MOST_BYTES or len(line) > LINE_BYTES + 1:
            raise RunError(
                f"{NAME} of this run is full ({MOST_BYTES >> 20} MB). Record less often, for example once per epoch."
            )
        file.write(line)
        file.flush()
        facts = os.fstat(file.fileno())
    _names[path] = facts.st_size, _names.get(path, (0, frozenset()))[1] | values.keys()
    os.utime(run.folder)  # the index of runs reads a run again if the time of its folder has changed


_names: dict[Path, tuple[int, frozenset[str]]] = {}
"""File -> its size after this process wrote to it last, and its metrics: reading it for each value would be slow."""


def _known(run: Run) -> frozenset[str]:
    """The metrics of a run."""
    path = run.folder / NAME
    size = path.stat().st_size if path.exists() else 0
    if _names.get(path, (-1, frozenset()))[0] != size:
        _names[path] = size, frozenset(read(run).series())
    return _names[path][1]


def _check_names(known: frozenset[str], values: Mapping[str, float]) -> None:
    by_key = {key(name): name for name in sorted(known)}
    for name in values:
        other = by_key.setdefault(key(name), name)
        if other != name:
            raise SettingError(f"“{name}” would be confused with the metric “{other}” in filters. Use one spelling.")
    if len(by_key) > MOST_METRICS:
        raise RunError(f"A run can have at most {MOST_METRICS} metrics of its own.")


def _checked(values: Mapping[str, Any]) -> dict[str, float]:
    if not isinstance(values, Mapping) or not values:
        raise SettingError('There are no values to record: write, for example, {"f1": 0.91}.')
    found = {}
    for name, value in values.items():
        if not isinstance(name, str) or not METRIC.fullmatch(name):
            raise SettingError(
                f"{shortened(str(name))} cannot be the name of a metric: begin with a letter, then use letters, "
                "digits, _, -, . and /, 40 characters at most."
            )
        found[name] = _number(name, value)
    return found


def _number(name: str, value: Any) -> float:
    """A finite float, also of what NumPy and other libraries compute."""
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingError(f"The value of “{name}” must be a number, not {shortened(value)}.") from error
    if not math.isfinite(number) or abs(number) > LARGEST:
        raise SettingError(f"The value of “{name}” must be a finite number up to 1e30, not {number}.")
    return number
