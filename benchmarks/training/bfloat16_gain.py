"""How much faster does deep_cnn train in bfloat16?

    python -m benchmarks.bfloat16_gain [REPETITIONS]

Steps of the recipe on noise of 32×32 colour images, bfloat16 over float32, alternating; the median of the ratios of
images per second. The value is for the large width (`WIDE`); the default width, where convolutions take a smaller part
of the time, is reported beside it.
"""

import statistics
import sys

from benchmarks.support.report_line import line, run
from imgcls.config import Config
from imgcls.datasets import recipes
from imgcls.system import hardware

REPETITIONS = 3
SHAPE = (32, 32, 3)
STEPS = 4
WIDE = {"width": 64, "widening": 4}


def main() -> None:
    from benchmarks.support.steps import learner, noise, seconds_a_step
    from imgcls.datasets.augmentation import Augmentation
    from imgcls.training.loop.batches import batches

    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    recipe = recipes.with_recipe(Config(data="cifar10", model="deep_cnn"))
    part = noise(recipe.batch_size * STEPS, SHAPE)
    seen: dict[str, dict[str, float]] = {}
    for name, params in {"wide": WIDE, "default": {}}.items():
        config = recipe.changed(model_settings=params)
        steps = {precision: learner(config, SHAPE, precision) for precision in ("float32", "bfloat16")}
        rates: dict[str, list[float]] = {precision: [] for precision in steps}
        for epoch in range(repetitions + 1):
            for precision, step in steps.items():
                made = batches(part, epoch + 1, config.batch_size, 0, Augmentation.of(config))
                seconds = seconds_a_step(step, made)
                if epoch:  # the first one also builds the graph
                    rates[precision].append(config.batch_size / seconds)
        ratios = [short / long for short, long in zip(rates["bfloat16"], rates["float32"], strict=True)]
        medians = {precision: round(statistics.median(row), 1) for precision, row in rates.items()}
        seen[name] = {"ratio": round(statistics.median(ratios), 2), **medians}
        print(name, seen[name], file=sys.stderr)
    has = hardware.has_bfloat16()
    print(line("bfloat16_gain", seen["wide"]["ratio"], "ratio", 1.7, "higher", processor_has_it=has, **seen))


if __name__ == "__main__":
    sys.exit(run(main))
