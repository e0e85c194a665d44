"""Where a training stands."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Progress:
    """Where a training stands, as plain values: with the arrays of a checkpoint it says everything.

    `epoch` is the one under way, from 1; `step` counts its batches so far and `summed` their loss and accuracy, each
    times its pictures, and the pictures. `stage` counts from 0 where a training has several, and `before` is how many
    epochs the earlier ones had. `factor` is what plateaus and a person have made of the planned rate, and
    `early_stopping` what a person asked for, or None. `planned` is how many epochs the settings say.
    """

    planned: int = 0
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
    early_stopping: bool | None = None
    ended_early: bool = False
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    timed_pictures: int = 0
    timed_seconds: float = 0.0

    def extended(self, epochs: int) -> None:
        """With another number of epochs planned, an early stop does not count any more, and patience begins anew.

        It can be a smaller one: a run that was planned for 12 epochs and ended after 9 is continued for 2 more.
        """
        if epochs != self.planned:
            self.planned, self.ended_early, self.worse = epochs, False, 0

    def is_better(self, monitor: str, loss: float, accuracy: float) -> bool:
        """Whether an epoch with these validation figures is better than the best so far; `monitor` says by which."""
        if self.best is None:
            return True
        if monitor == "accuracy":
            return (accuracy, -loss) > (self.best["val_accuracy"], -self.best["val_loss"])
        return loss < self.best["val_loss"]
