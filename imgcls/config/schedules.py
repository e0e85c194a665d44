"""Learning-rate schedules: plotted by the page before training and followed by the trainer.

constant    the same rate from the first step to the last
plateau     the same rate until validation stalls, then reduced by a factor; when that happens cannot be predicted
step        reduced by a factor every few epochs
cosine      from the full rate to zero along half a cosine (Loshchilov and Hutter 2017, without restarts)
one_cycle   linearly up, then linearly down to zero (Smith and Topin 2018, in its linear form)
"""

import math

import numpy as np

from imgcls.config import Config

STRETCHED = ("cosine", "one_cycle")
"""Schedules that stretch or shrink as a whole with the number of epochs."""
LOWEST = 0.02
"""One-cycle starts at this fraction of its peak; at zero the first steps would be wasted."""


def rate(config: Config, step: int, steps_per_epoch: int) -> float:
    """The planned learning rate of a step (from 0), without plateaus and changes by the user."""
    return config.learning_rate * _fraction(config, step, steps_per_epoch)


def _fraction(config: Config, step: int, steps_per_epoch: int) -> float:
    steps = config.epochs * steps_per_epoch
    if config.schedule == "step":
        return config.step_factor ** (step // steps_per_epoch // config.step_epochs)
    if config.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
    if config.schedule == "one_cycle":
        rising = config.warmup_fraction * steps
        if step < rising:
            return LOWEST + (1 - LOWEST) * step / rising
        return max(0.0, (steps - step) / max(1.0, steps - rising))
    return 1.0


def curve(config: Config, points: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """The planned learning rate as a curve: epochs (points,) from 0 to the last, and the rates (points,)."""
    fine = 1000  # steps per epoch, finer than the plot resolves
    epochs = np.linspace(0, config.epochs, points)
    steps = np.minimum(epochs * fine, config.epochs * fine - 1).astype(int)
    return epochs, np.array([rate(config, step, fine) for step in steps.tolist()])
