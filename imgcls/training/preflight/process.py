"""The process of a pre-flight check: `imgcls.jobs.preflight.checks` starts it and reads what it finds.

    python -m imgcls.training.preflight.process check FOLDER    the pre-flight check
    python -m imgcls.training.preflight.process rates FOLDER    the learning-rate finder

FOLDER holds the settings in config.json. One check runs at a time, with low priority and a time limit.
"""

import argparse
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import filelock

from imgcls import datasets
from imgcls.config import Config
from imgcls.errors import ProbeError
from imgcls.evaluation.metrics.percent import percent
from imgcls.jobs.preflight import checks
from imgcls.jobs.preflight.verdicts import BUSY
from imgcls.runs import backbone_facts
from imgcls.system.tasks import Progress, Task
from imgcls.training import keras_import
from imgcls.training.preflight.load import OtherProcesses
from imgcls.training.preflight.report import Report
from imgcls.training.process import failures

LIMIT_SECONDS = {"check": 90.0, "rates": 180.0}
TURN_SECONDS = 200.0
TIMED_OUT_STATUS = 4
TOO_LONG = (
    "Ended after {seconds:.0f} s, because the training steps of this network take too long on this machine. Use a "
    "smaller model, batch or image size, or train without this check."
)
TOO_BUSY = (
    "Ended after {seconds:.0f} s, because the machine is busy: other programs were using {others} of the CPU. This "
    "says nothing about the network. Run the check again later, or train without it."
)
TOO_LARGE = "These settings need more memory than the machine has. Try a smaller batch, model or image size."


def main(arguments: list[str]) -> int:
    """Run the check that the arguments name and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m imgcls.training.preflight.process", allow_abbrev=False)
    parser.add_argument("kind", choices=checks.KINDS)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args(arguments)
    task = Task(chosen.folder.resolve(), chosen.kind, "result.json")
    return task.run(lambda progress: _make(chosen.kind, task, progress))


def _make(kind: str, task: Task, progress: Progress) -> None:
    config = Config.load(task.folder / "config.json")
    report = Report(task.folder, progress)
    with contextlib.ExitStack() as turn:
        report.phase("waiting", 0.0)
        # Two checks at once would each measure the other. A suspended one does not block the others forever.
        with contextlib.suppress(filelock.Timeout):
            lock = filelock.FileLock(task.folder.parent / ".turn.lock", timeout=TURN_SECONDS, poll_interval=0.05)
            turn.enter_context(lock)
        turn.enter_context(_time_limit(task, LIMIT_SECONDS[kind]))
        report.phase("loading", 0.02)
        try:
            _measure(kind, config, report)
        except Exception as error:
            if failures.is_out_of_memory(error):
                raise ProbeError(TOO_LARGE) from error
            raise
    report.finish()


def _measure(kind: str, config: Config, report: Report) -> None:
    facts = datasets.facts(config.data)
    # Raises a message for the user if the images are too small for the network; Keras's own would be less clear.
    backbone_facts.layer_table(config.model, facts.shape, facts.num_classes, config.model_settings, facts.is_multilabel)
    keras_import.load()
    if kind == "check":
        from imgcls.training.preflight import checks

        checks.check(config, report)
    else:
        from imgcls.training.preflight import lr_finder

        lr_finder.find(config, report)


@contextlib.contextmanager
def _time_limit(task: Task, seconds: float) -> Iterator[None]:
    """End this process if the block takes longer."""
    others = OtherProcesses()

    def end() -> None:
        fraction = others.fraction()
        text = TOO_BUSY if fraction > BUSY else TOO_LONG
        text = text.format(seconds=seconds, others=percent(fraction, 0))
        try:
            task.fail(text)
        finally:
            os._exit(TIMED_OUT_STATUS)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
