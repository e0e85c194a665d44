"""Shows a training run in the terminal: a progress bar for each epoch and the scores at the end."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imgcls.evaluation.metrics.percent import percent
from imgcls.runs import Run

WIDTH = 30
PHASES = {
    "waiting": "Waiting for another training run to finish (use --now to start immediately) …",
    "loading": "Loading TensorFlow and the dataset …",
    "features": "Extracting features …",
    "testing": "Evaluating on the test set …",
    "saving": "Exporting the model …",
}


class Terminal:
    """A listener of `MetricsWriter` that prints. Without a terminal there is no bar, and each epoch is one line."""

    def __init__(self) -> None:
        self._plan: dict[str, Any] = {}
        self._is_terminal = sys.stdout.isatty()

    def __call__(self, line: dict[str, Any]) -> None:
        if line["kind"] == "phase" and line["phase"] in PHASES:
            print(PHASES[line["phase"]], flush=True)
        elif line["kind"] == "features" and self._is_terminal:
            done, total = line["done"], line["total"]
            print(f"\r{done:,} of {total:,}", end="\n" if done == total else "", flush=True)
        elif line["kind"] == "fold":
            print(f"Cross-validation: fold {line['number']} of {line['total']} …", flush=True)
        elif line["kind"] == "stage":
            ended_early = self._plan["head_epochs"] - line["epoch"]
            self._plan = {**self._plan, "epochs": self._plan["epochs"] - ended_early}
            print(f"{line['name'].capitalize()} …", flush=True)
        elif line["kind"] == "plan":
            self._plan = line
            print(
                f"{line['train']:,} training, {line['validation']:,} validation and {line['test']:,} test images; "
                f"{line['parameters']:,} parameters.",
                flush=True,
            )
            if line.get("several"):
                print(
                    "Multi-label: the loss is binary cross-entropy, and the accuracy is the fraction of images whose "
                    "labels are all correct.",
                    flush=True,
                )
        elif line["kind"] == "batch" and self._is_terminal:
            done = line["epoch"] - int(line["epoch"]) or 1.0
            number = int(line["epoch"] - 1e-6) + 1
            bar = "#" * round(done * WIDTH)
            print(
                f"\rEpoch {number}/{self._plan['epochs']} [{bar:.<{WIDTH}}] loss {_number(line['loss'])} "
                f"accuracy {_fraction(line['accuracy'])}  {line['rate']:,.0f} images/s   ",
                end="",
                flush=True,
            )
        elif line["kind"] == "epoch":
            start = "\r" if self._is_terminal else ""
            print(
                f"{start}Epoch {line['epoch']}/{self._plan['epochs']}: loss {_number(line['loss'])}, "
                f"accuracy {_fraction(line['accuracy'])}, validation loss {_number(line['val_loss'])}, "
                f"validation accuracy {_fraction(line['val_accuracy'])}, {line['seconds']:.1f} s"
                f"{'  (best so far)' if line['best'] else ''}".ljust(110),
                flush=True,
            )

    def close(self, result: dict[str, Any], run: Run) -> None:
        """Prints the scores and the folder of the run."""
        if result.get("message"):
            print(result["message"])
        if "test_macro_f1" in result:
            print(
                f"Best epoch: {result['best_epoch']}. On {result['counts']['test']:,} test images: accuracy (all "
                f"labels correct) {_fraction(result['test_accuracy'])}, label accuracy "
                f"{_fraction(result['test_label_accuracy'])}, macro F1 {_fraction(result['test_macro_f1'])}, mean "
                f"average precision {_fraction(result['test_average_precision'])}."
            )
        elif "test_accuracy" in result:
            print(
                f"Best epoch: {result['best_epoch']}, validation accuracy {_fraction(result['val_accuracy'])}. "
                f"Test accuracy {_fraction(result['test_accuracy'])}, "
                f"cross-entropy {_number(result['test_cross_entropy'])} "
                f"on {result['counts']['test']:,} images."
            )
        if folds := result.get("folds"):
            print(
                f"Cross-validation: accuracy {_fraction(folds['accuracy'])} (95% interval {_fraction(folds['low'])} to "
                f"{_fraction(folds['high'])}), mean of {len(folds['each'])} folds: "
                f"{', '.join(map(_fraction, folds['each']))}."
            )
        print(f"Run {run.id} in {run.folder}")


@contextlib.contextmanager
def errors_to(path: Path) -> Iterator[None]:
    """Redirects standard error to a file, including the messages of TensorFlow's C++ code."""
    sys.stderr.flush()
    with path.open("ab") as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)


def _fraction(value: float | None) -> str:
    return "not a number" if value is None else percent(value)


def _number(value: float | None) -> str:
    return "not a number" if value is None else f"{value:.4f}"
