"""Progress in the terminal: a bar, which a pipe or a log file does not get, and the state of a training run."""

import sys

from imgcls.evaluation.metrics.percent import percent
from imgcls.runs.metrics_log import Curves

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


def training_state(curves: Curves, state: str) -> str:
    """How far a training run is, as a line of text."""
    if not curves.epochs:
        return f"{(curves.phase or state).capitalize()} …"
    last = curves.epochs[-1]
    total = curves.plan.get("epochs", "?")
    return f"Epoch {last['epoch']} of {total}: validation accuracy {percent(last['val_accuracy'])} …"
