"""Where a training stands."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from imgcls.config import Config, schedules


@dataclass
class Progress:
    """Where a training stands, as plain values: with the arrays of a checkpoint it says everything.

    `epoch` is the one under way, from 1; `step` counts its batches so far and `summed` their loss and accuracy, each
    times its pictures, and the pictures. `stage` counts from 0 where a training has several, and `before` is how many
    epochs the earlier ones had. `factor` is what plateaus and a person have made of the planned rate; `rate_asked` and
    `rate_number` are the request of a rate that was obeyed last, and `early_stopping` what a person asked for, or None.
    `run` is the id of the run that it belongs to.
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
        """From the state of a checkpoint; what an earlier version noted beside is left out.

        Raises:
            TypeError: `state` is none.
        """
        names = {field.name for field in fields(cls)}
        progress = cls(**{name: value for name, value in state.items() if name in names})
        progress.summed = tuple(progress.summed)
        return progress

    def belong_to(self, run: str, config: Config) -> None:
        """From now on it is this run's. Where it was another one's, that is continued: what ended it does not count.

        Patience begins anew, and what was asked of the other run has been written into this one's settings. Where the
        schedule is stretched to a new end, a rate that was asked for the old one would be multiplied: it is left.
        """
        if self.run != run:
            self.ended_early, self.worse, self.early_stopping = False, 0, None
            if config.schedule in schedules.STRETCHED:
                self.factor = 1.0
        self.run = run

    @property
    def images_per_second(self) -> float:
        """Training pictures a second, without validation and without the building of the graph."""
        return self.timed_images / self.timed_seconds if self.timed_seconds else 0.0

    def add(self, loss: float, accuracy: float, images: int) -> None:
        """Takes in the means over so many pictures of the epoch under way."""
        losses, right, seen = self.summed
        self.summed = (losses + loss * images, right + accuracy * images, seen + images)

    def is_better(self, monitor: str, loss: float, accuracy: float) -> bool:
        """Whether an epoch with these validation figures is better than the best so far; `monitor` says by which."""
        if self.best is None:
            return True
        if monitor == "accuracy":
            return (accuracy, -loss) > (self.best["val_accuracy"], -self.best["val_loss"])
        return loss < self.best["val_loss"]
