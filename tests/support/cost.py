"""What a piece of work costs, as a multiple of fixed work that the same process does before and after it.

A limit in seconds fails when the machine is slow. A machine that is slow for one is slow for both.
"""

import time
import zlib
from collections.abc import Callable
from typing import Any


def relative_cost(work: Callable[[], Any]) -> tuple[Any, float]:
    """Returns what `work` returns and its processor time divided by that of the reference work (about 0.05 s)."""
    before = _reference_seconds()
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    return result, seconds / max(before, _reference_seconds())


def _reference_seconds() -> float:
    """The processor seconds of half interpreting, half compressing: the two things that the tested code does."""
    start = time.process_time()
    names = [f"folder{number % 10}/{number}.png" for number in range(100_000)]
    zlib.compress("".join(sorted(names, key=len)).encode() * 2, 3)
    return time.process_time() - start
