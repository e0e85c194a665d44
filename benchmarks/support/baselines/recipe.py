"""Training with the recipe of deep_cnn, without pages: one side of benchmarks/time_to_accuracy.

    python -m benchmarks.support.baselines.recipe cifar10 '{"epochs": 2}' '{"width": 32}'

The arguments are the dataset, and settings and model parameters that differ from the recipe. Prints seconds and CPU
seconds since the start of training and the test accuracy, three numbers per epoch. The loop evaluates test images in
place of validation images; nothing depends on the result.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from imgcls.runs.requests import RunRequest


class Nobody:
    """A control without anybody behind it: the training runs to its end and keeps no checkpoints."""

    def request(self) -> RunRequest:
        return RunRequest()

    def save(self, checkpoint, *, now: bool) -> None:
        pass

    def wait_while_paused(self) -> None:
        pass


def main() -> None:
    import keras

    from imgcls import datasets
    from imgcls.config import Config
    from imgcls.datasets import recipes
    from imgcls.training import model_builder
    from imgcls.training.loop import steps
    from imgcls.training.loop.batches import Subset
    from imgcls.training.loop.loop import Loop
    from imgcls.training.process.metrics_writer import MetricsWriter

    name, settings, params = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
    config = recipes.with_recipe(Config(data=name, model="deep_cnn")).changed(**settings, model_settings=params)
    data = datasets.open_dataset(name)
    training, test = Subset.of(data.x_train, data.y_train), Subset.of(data.x_test, data.y_test)
    epochs: list[tuple[float, float, float]] = []
    keras.utils.set_random_seed(config.seed)
    started, worked = time.perf_counter(), time.process_time()

    def look(line: dict) -> None:
        if line["kind"] == "epoch":
            epochs.append((time.perf_counter() - started, time.process_time() - worked, line["val_accuracy"]))

    facts = data.facts
    precision = model_builder.precision_of(config)
    model = model_builder.build(
        config, facts.shape, facts.num_classes, training.sample(10_000), precision, for_training=True
    )
    with tempfile.TemporaryDirectory() as folder:
        trainable = steps.trainable(config, model, training.labels)
        Loop(config, trainable, training, test, MetricsWriter(Path(folder, "metrics.jsonl"), look), Nobody()).run()
    print(json.dumps(epochs))


if __name__ == "__main__":
    main()
