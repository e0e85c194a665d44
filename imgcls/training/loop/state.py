"""The state of a training run that is not in arrays: position, best epoch, patience, time."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from imgcls.config import Config, schedules
from imgcls.runs.requests import RunRequest
from imgcls.training.loop.running_metrics import BatchMeans

RENAMED = {"timed_pictures": "timed_images"}
"""Fields by the names that they have in checkpoints of version 0.x."""


@dataclass
class Progress:
    """The state of a training run as plain values. Together with the arrays of a checkpoint it is complete.

    The field names are keys of the checkpoint file.

    Attributes:
        run: ID of the run that the training belongs to.
        stage: Index of the current stage, for a training run that has several.
        before: Number of epochs in earlier stages.
        epoch: The current epoch of the stage, counted from 1.
        step: Number of batches completed in the epoch.
        summed: Loss and accuracy summed over the images of these batches, and the number of images.
        best: The metrics line of the best epoch.
        worse: Epochs since the best one, for early stopping.
        stalled: Epochs since the best one or since the last reduction of the learning rate on a plateau.
        factor: The scheduled learning rate is multiplied by this; plateaus and requests change it.
        rate_asked: The learning rate last requested and applied.
        rate_number: The number of that request.
        early_stopping: The last request to turn early stopping on or off.
        ended_early: Whether early stopping has ended the training.
    """

    run: str = ""
    stage: int = 0
    before: int = 0
    epoch: int = 1
    step: int = 0
    summed: tuple[float, float, int] = (0.0, 0.0, 0)
    best: dict[str, Any] | None = None
    worse: int = 0
    stalled: int = 0
    factor: float = 1.0
    rate_asked: float | None = None
    rate_number: int = 0
    early_stopping: bool | None = None
    ended_early: bool = False
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    timed_images: int = 0
    timed_seconds: float = 0.0

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Progress":
        """From the state of a checkpoint. Entries that only earlier versions wrote are ignored.

        Raises:
            TypeError: `state` is not the state of a training run.
        """
        names = {field.name for field in fields(cls)}
        values = {RENAMED.get(name, name): value for name, value in state.items()}
        progress = cls(**{name: value for name, value in values.items() if name in names})
        loss, accuracy, count = progress.summed
        progress.summed = (loss, accuracy, count)
        return progress

    def belong_to(self, run: str, config: Config) -> None:
        """Assigns the training to a run. If it was another run's, this run continues it, and may have more epochs.

        Then early stopping starts over, and requests made to the other run are dropped because they are part of this
        run's settings. A schedule that depends on the number of epochs is stretched, so the factor of a requested
        learning rate no longer applies.
        """
        if self.run != run:
            self.ended_early, self.worse, self.early_stopping = False, 0, None
            if config.schedule in schedules.STRETCHED:
                self.factor = 1.0
        self.run = run

    @property
    def images_per_second(self) -> float:
        """Training speed, without validation and without the first step, which builds the graph."""
        return self.timed_images / self.timed_seconds if self.timed_seconds else 0.0

    @property
    def means(self) -> tuple[float, float]:
        """Mean loss and accuracy over the batches of the current epoch; NaN before the first one."""
        losses, correct, count = self.summed
        return (losses / count, correct / count) if count else (float("nan"), float("nan"))

    def add(self, recent: BatchMeans) -> None:
        """Adds some batches of the current epoch."""
        losses, correct, count = self.summed
        self.summed = (
            losses + recent.loss * recent.images,
            correct + recent.accuracy * recent.images,
            count + recent.images,
        )
        self.timed_images += recent.timed_images
        self.timed_seconds += recent.seconds

    def apply(self, request: RunRequest, planned: float) -> list[dict[str, Any]]:
        """Applies what is new in a request. `planned` is the learning rate of the schedule without requests.

        Returns:
            The arguments of `MetricsWriter.change` for each change.
        """
        changes: list[dict[str, Any]] = []
        if (request.learning_rate, request.rate_number) != (self.rate_asked, self.rate_number):
            self.rate_asked, self.rate_number = request.learning_rate, request.rate_number
            if request.learning_rate is not None and planned > 0:
                # The rest of the schedule is scaled accordingly.
                self.factor = request.learning_rate / planned
                changes.append({"what": "learning_rate", "value": request.learning_rate, "number": request.rate_number})
        if request.early_stopping is not None and request.early_stopping != self.early_stopping:
            self.early_stopping = request.early_stopping
            self.worse = 0  # start patience over, so that the training does not end at once
            changes.append({"what": "early_stopping", "value": request.early_stopping})
        return changes

    def is_better(self, monitor: str, loss: float, accuracy: float) -> bool:
        """Whether an epoch with these validation metrics beats the best one so far, judged by `monitor`."""
        if self.best is None:
            return True
        if monitor == "accuracy":
            return (accuracy, -loss) > (self.best["val_accuracy"], -self.best["val_loss"])
        return loss < self.best["val_loss"]

    def end_epoch(self, config: Config, is_best: bool) -> None:
        """Moves on to the next epoch; applies early stopping and the lower learning rate on a plateau."""
        self.epoch, self.step = self.epoch + 1, 0
        self.summed, self.epoch_seconds = (0.0, 0.0, 0), 0.0
        self.worse, self.stalled = (0, 0) if is_best else (self.worse + 1, self.stalled + 1)
        stops_early = config.early_stopping if self.early_stopping is None else self.early_stopping
        self.ended_early = stops_early and self.worse >= config.patience
        if config.schedule == "plateau" and self.stalled >= config.plateau_patience:
            self.factor *= config.plateau_factor
            self.stalled = 0
