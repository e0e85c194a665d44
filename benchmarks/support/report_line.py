"""The JSON line that every benchmark prints last, and how it reports that it cannot run."""

import contextlib
import json
import math
import os
import platform
import signal
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.support.reference import Reference


class Missing(Exception):
    """Something that the benchmark needs is not here; the message says what, in one sentence."""


def line(
    name: str, value: float, unit: str, target: float, better: str, *, reference: "Reference | None" = None, **seen: Any
) -> str:
    """The result as one line of JSON; `better` is "lower" or "higher", `seen` is whatever else is worth knowing.

    A time carries a `reference` that was measured in the same run; the line then holds it and the ratio of the two.

    Raises:
        ValueError: a number is none, or `better` is another word.
    """
    if better not in ("lower", "higher"):
        raise ValueError(f"better is 'lower' or 'higher', not {better!r}")
    content = {"benchmark": name, "value": value, "unit": unit, "target": target, "better": better}
    if reference is not None:
        content["ratio_to_reference"] = round(reference.ratio(value, unit), 3)
        content["reference"] = reference.as_dict()
    content |= seen
    return json.dumps(content | {"machine": machine()}, allow_nan=False)


def machine() -> dict[str, Any]:
    """What the numbers were taken on, and how busy it was (mean of runnable processes in the last minute)."""
    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        processor = next(text.partition(":")[2].strip() for text in lines if text.startswith("model name"))
    except (OSError, StopIteration):
        pass
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    return {"processor": processor, "cores": os.cpu_count(), "python": platform.python_version(), "load": load}


def percentile(values: list[float], fraction: float) -> float:
    """The smallest of the values that this fraction of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def medians(rows: list[dict[str, float]], digits: int = 1) -> dict[str, float]:
    """The median of each column."""
    return {name: round(statistics.median(row[name] for row in rows), digits) for name in rows[0]}


def run(main: Callable[[], None]) -> int:
    """Runs a benchmark for the shell; the exit code is 2 where something that it needs is missing.

    A benchmark that is asked to end (SIGTERM) first ends what it started, as with Ctrl-C.
    """
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    return 0
