"""How much time does augmentation add to a training step?

    python -m benchmarks.augmentation_cost [REPETITIONS]

In percent of the step time without augmentation, as the trainer works: the next batch is prepared while the current
one is trained on, on the same processor. Epochs on noise with and without augmentation take turns; medians of their
ratios. The value is the larger cost of shift and flip for the default cnn on 28×28 greyscale images, the fastest step
there is, and for deep_cnn with its recipe on 32×32 colour images. `turned` adds rotation and zoom, `toned` brightness,
contrast, blur, noise and cutout, and `picture_us` is the cost of each augmentation by itself, in microseconds per
image on one core.
"""

import statistics
import sys
import timeit

import numpy as np

from benchmarks.support.report_line import line, run
from imgcls.config import Config
from imgcls.datasets import recipes
from imgcls.datasets.augmentation import Augmentation, apply, random_amounts

REPETITIONS = 7
BATCH = 64
STEPS = {"cnn": 120, "deep_cnn": 6}
TONES = {"brightness": 0.1, "contrast": 0.2, "blur": 1.0, "noise": 10, "cutout": 8}
KINDS = {
    "moved": Augmentation(shift=2, flip=True),
    "turned": Augmentation(rotation=10, shift=2, zoom=0.1, flip=True),
    "toned": Augmentation(**TONES),
}
ALONE = {"rotation": 10, "shift": 2, "zoom": 0.1, "flip": True, **TONES}


def microseconds(shape: tuple[int, int, int]) -> dict[str, float]:
    """What each augmentation costs per image of a batch, by itself."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (BATCH, *shape), dtype=np.uint8)
    amounts = random_amounts(generator, BATCH)
    found = {}
    for name, value in ALONE.items():
        augmentation = Augmentation(**{name: value})
        seconds = timeit.repeat(lambda a=augmentation: apply(images, a, amounts), number=5, repeat=9)
        found[name] = round(1e6 * statistics.median(seconds) / 5 / BATCH, 1)
    return found


def main() -> None:
    from benchmarks.support.steps import learner, noise, seconds_a_step
    from imgcls.training import model_builder
    from imgcls.training.loop.batches import batches

    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    configs = {
        "cnn": (Config(data="mnist", model="cnn"), (28, 28, 1)),
        "deep_cnn": (recipes.with_recipe(Config(data="cifar10", model="deep_cnn")), (32, 32, 3)),
    }
    seen: dict[str, dict[str, float]] = {}
    for family, (config, shape) in configs.items():
        step = learner(config, shape, model_builder.precision_of(config))
        part = noise(config.batch_size * STEPS[family], shape)
        rows: dict[str, list[float]] = {kind: [] for kind in ("plain", *KINDS)}
        for epoch in range(repetitions + 1):
            for kind, augmentation in {"plain": Augmentation(), **KINDS}.items():
                seconds = seconds_a_step(step, batches(part, epoch + 1, config.batch_size, 0, augmentation))
                if epoch:  # the first one also builds the graph
                    rows[kind].append(seconds)
        seen[family] = {"step_ms": round(1000 * statistics.median(rows["plain"]), 2)}
        for kind in KINDS:
            ratios = [seconds / plain for seconds, plain in zip(rows[kind], rows["plain"], strict=True)]
            seen[family][f"{kind}_percent"] = round(100 * (statistics.median(ratios) - 1), 1)
        seen[family]["picture_us"] = microseconds(shape)
        print(family, seen[family], file=sys.stderr)
    value = max(row["moved_percent"] for row in seen.values())
    print(line("augmentation_cost", value, "% of a step", 10, "lower", repetitions=repetitions, **seen))


if __name__ == "__main__":
    sys.exit(run(main))
