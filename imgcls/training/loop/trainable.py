"""A network that a loop can train, with its optimiser and its steps, whether Keras or NumPy computes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from imgcls.training.loop.ema import WeightAverage


class Variable(Protocol):
    """The part of `keras.Variable` that loops and checkpoints use."""

    def numpy(self) -> np.ndarray:
        """The value now, which later steps do not change."""

    def assign(self, value: Any) -> Any:
        """Replaces the value."""


class Network(Protocol):
    """The part of `keras.Model` that a loop uses."""

    @property
    def input_shape(self) -> tuple[int | None, ...]: ...

    @property
    def variables(self) -> Sequence[Variable]: ...

    def get_weights(self) -> list[np.ndarray]: ...

    def set_weights(self, weights: Any) -> None: ...

    def predict_on_batch(self, x: Any) -> Any: ...


@dataclass(frozen=True)
class Trainable:
    """See `imgcls.training.loop.steps.compile_steps` for the two steps.

    Attributes:
        optimizer: Has `variables` and a `learning_rate`, which is a variable.
        average: Begins a moving average of the weights that keeps this fraction per step.
    """

    model: Network
    optimizer: Any
    train_step: Callable[[Any, Any], Sequence[Any]]
    eval_step: Callable[[Any, Any], Sequence[Any]]
    average: Callable[[float], WeightAverage]

    def rate_setter(self) -> Callable[[float], None]:
        """A function that sets the learning rate where it differs from the one before: in Keras, that takes a tenth of
        the step of a small network."""
        last: float | None = None

        def set_rate(rate: float) -> None:
            nonlocal last
            if rate != last:
                self.optimizer.learning_rate.assign(rate)
                last = rate

        return set_rate
