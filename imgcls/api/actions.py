"""Start, pause, resume and stop training runs, with the checks that a page makes by what it shows."""

import importlib.util
from typing import Any

from imgcls import datasets, jobs
from imgcls.config import Config
from imgcls.errors import DatasetError, UserError
from imgcls.runs import Run
from imgcls.runs.metrics_log import ENDING, Curves

OPEN = ("queued", "starting", "running", "paused")


class Conflict(UserError):
    """The state of the run does not allow it."""


class CannotTrain(UserError):
    """This installation has no TensorFlow."""


def begin(settings: Any, name: str = "") -> Run:
    """Queue a training run. `settings` are those of a run's config.json; what is missing has its default.

    Raises:
        SettingError: a setting is unknown or out of range.
        DatasetError: the dataset does not exist, or is not prepared.
        CannotTrain: TensorFlow and Keras are not installed.
        RunError: the run cannot be written.
    """
    config = Config.from_dict(settings)
    datasets.facts(config.data)
    if importlib.util.find_spec("keras") is None:
        raise CannotTrain("This server cannot train: TensorFlow and Keras are not installed.")
    if not datasets.is_ready(config.data):
        raise DatasetError(
            f"The dataset '{config.data}' is not prepared. On the server, run: imgcls prepare {config.data}"
        )
    return jobs.begin(config, name)


def pause(run: Run) -> None:
    """Pause a training run in progress.

    Raises:
        Conflict: it is not in progress.
        RunError: the request cannot be written.
    """
    state = run.state
    if state == "running" and (phase := Curves(run.folder / "metrics.jsonl").refresh().phase) in ENDING:
        state = phase
    if run.request.stop and state in OPEN:
        state = "stopping"
    if state not in ("starting", "running"):
        raise Conflict(f"Only a run that is training can be paused; this run is {state}.")
    run.send_request(pause=True)


def resume(run: Run) -> None:
    """Resume a paused run. Raises as `pause` does."""
    if run.state not in ("running", "paused"):
        raise Conflict(f"Only a paused run can be resumed; this run is {run.state}.")
    jobs.start(run)


def stop(run: Run) -> None:
    """Stop a training run and keep its best epoch, or take a queued run out of the queue. Raises as `pause` does."""
    if run.state not in OPEN:
        raise Conflict(f"This run is not training: it is {run.state}.")
    jobs.stop(run)
