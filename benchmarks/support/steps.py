"""Training steps on noise, for benchmarks of the step time: no dataset is needed."""

import statistics
import time
from collections.abc import Callable, Iterable

import numpy as np

from imgcls.config import Config


def learner(config: Config, shape: tuple[int, int, int], precision: str) -> Callable:
    """The compiled step of a fresh model for ten classes."""
    from imgcls.training import model_builder
    from imgcls.training.loop import steps

    images = np.random.default_rng(0).integers(0, 256, (100, *shape), dtype=np.uint8)
    config = config.changed(precision=precision)
    model = model_builder.build(config, shape, 10, images, precision, for_training=True)
    step, _ = steps.compile_steps(config, model, steps.optimizer_of(config))
    return step


def noise(count: int, shape: tuple[int, int, int]):
    """Noise as a part of a dataset: images (count, *shape) in ten classes."""
    from imgcls.training.loop.batches import Subset

    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count, *shape), dtype=np.uint8)
    return Subset.of(images, generator.integers(0, 10, count))


def seconds_a_step(step: Callable, batches: Iterable) -> float:
    """The mean over the batches but for the first, which waits for the one thread that makes them."""
    times = []
    before = time.perf_counter()
    for images, labels in batches:
        loss, *_ = step(images, labels)
        float(loss)
        times.append(-before + (before := time.perf_counter()))
    return statistics.fmean(times[1:])
