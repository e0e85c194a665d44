"""What do checkpoints cost a training run?

    python -m benchmarks.checkpoint_cost

The time that training waits for checkpoints plus the CPU time of the thread that writes them, in percent of the
training time, measured inside one run, because two runs differ by more than this. For cnn (20 epochs of mnist_sample,
a checkpoint after each) and deep_cnn (3 epochs); the value is the larger percentage.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.report_line import line, run
from benchmarks.support.trainings import DEEP, SMALL, own_queue
from imgcls.config import Config


def cost(config: Config, epochs: int) -> dict[str, float]:
    """Seconds of the training, seconds that it waited, processor seconds of the writing, bytes of the file."""
    import keras

    from imgcls import datasets
    from imgcls.runs.requests import RunRequest
    from imgcls.training import model_builder
    from imgcls.training.loop import steps
    from imgcls.training.loop.batches import Subset
    from imgcls.training.loop.loop import Loop
    from imgcls.training.process.checkpoint import Checkpoint, Writer
    from imgcls.training.process.metrics_writer import MetricsWriter

    seen = {"waited_s": 0.0, "wrote_s": 0.0, "files": 0}

    class Timed(Checkpoint):
        def write(self, path: Path) -> None:
            start = time.thread_time()
            super().write(path)
            seen["wrote_s"] += time.thread_time() - start
            seen["files"] += 1

    class Alone:
        """The control of a loop that nobody asks for anything."""

        def __init__(self, writer: Writer):
            self.writer = writer

        def request(self) -> RunRequest:
            return RunRequest()

        def save(self, checkpoint: Checkpoint, *, now: bool) -> None:
            self.writer.submit(Timed(checkpoint.state, checkpoint.arrays))
            if now:
                self.writer.flush()

        def wait_while_paused(self) -> None:
            raise AssertionError("nobody asked for a pause")

    class TimedLoop(Loop):
        def _save_checkpoint(self, *, now: bool = False) -> None:
            start = time.perf_counter()
            super()._save_checkpoint(now=now)
            seen["waited_s"] += time.perf_counter() - start

    keras.utils.set_random_seed(0)
    dataset = datasets.open_dataset(config.data)
    split = datasets.split(dataset.y_train, 0, config.validation_fraction, 0, len(dataset.facts.classes))
    training, validation = (Subset.of(dataset.x_train, dataset.y_train, rows) for rows in split)
    config = config.changed(epochs=epochs)
    sample = training.sample(10_000)
    precision = model_builder.precision_of(config)
    model = model_builder.build(
        config, dataset.facts.shape, len(dataset.facts.classes), sample, precision, for_training=True
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "checkpoint.npz")
        writer = Writer(path)
        loop = TimedLoop(
            config,
            steps.trainable(config, model, training.labels),
            training,
            validation,
            MetricsWriter(Path(folder, "metrics.jsonl")),
            Alone(writer),
        )
        loop.run()
        writer.close()
        seen |= {"training_s": round(loop.progress.seconds, 2), "file_mb": round(path.stat().st_size / 1e6, 2)}
    seen["percent"] = round(100 * (seen["waited_s"] + seen["wrote_s"]) / seen["training_s"], 2)
    return seen | {name: round(seen[name], 3) for name in ("waited_s", "wrote_s")}


def main() -> None:
    with own_queue():
        seen = {config.model: cost(config, epochs) for config, epochs in ((SMALL, 20), (DEEP, 3))}
    value = max(entry["percent"] for entry in seen.values())
    print(line("checkpoint_cost", value, "%", 3, "lower", **seen))


if __name__ == "__main__":
    sys.exit(run(main))
