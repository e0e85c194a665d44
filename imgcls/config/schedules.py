"""How the learning rate moves over a training, as the page draws it before the start and the trainer obeys it.

constant    the same rate from the first step to the last
plateau     the same rate until validation stalls, then a share of it; when that is, nobody knows before
step        lowered by a factor every few epochs
cosine      from the full rate to nothing along half a cosine (Loshchilov and Hutter 2017, without restarts)
one_cycle   up in a straight line, then down to nothing in another (Smith and Topin 2018, in its linear form)
"""

import math

import numpy as np

from imgcls.config import Config

STRETCHED = ("cosine", "one_cycle")
"""Schedules that another number of epochs makes longer or shorter as a whole."""
LOWEST = 0.02
"""One-cycle begins at this share of its peak: at nothing, the first steps would be wasted."""


def rate(config: Config, step: int, steps_per_epoch: int) -> float:
    """The learning rate of a step, counted from 0, as planned: without plateaus and without what a person changes."""
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
    """The planned learning rate as a line: epochs (points,) from 0 to the last, and the rate there."""
    fine = 1000  # steps an epoch: more than can be seen
    epochs = np.linspace(0, config.epochs, points)
    steps = np.minimum(epochs * fine, config.epochs * fine - 1).astype(int)
    return epochs, np.array([rate(config, step, fine) for step in steps.tolist()])
