"""A progress bar on a terminal; nothing in a pipe or a log file."""

import sys

from imgcls.evaluation.metrics.percent import percent

WIDTH = 30


def show(fraction: float, text: str) -> None:
    """Draw the bar over its last state. `fraction` is 0 to 1."""
    if sys.stdout.isatty():
        print(
            f"\r\033[K[{'#' * round(fraction * WIDTH):{WIDTH}}] {percent(fraction, 0):>4}  {text}", end="", flush=True
        )


def clear() -> None:
    """Remove the bar, so that the next line is printed in its place."""
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
