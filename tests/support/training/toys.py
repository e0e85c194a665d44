"""A training loop on toy data that learns within moments."""

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.runs.requests import RunRequest

TOY = Config(
    model="ann",
    model_settings={"units": 16, "hidden_layers": 1, "dropout": 0.0},
    batch_size=16,
    epochs=3,
    learning_rate=0.05,
    precision="float32",
)


def toy(count: int, *, wrong: bool = False):
    """Three classes that differ in brightness; `wrong` gives every image the label of another class."""
    from imgcls.training.loop.batches import Subset

    labels = np.arange(count, dtype=np.int32) % 3
    noise = np.random.default_rng(count).integers(0, 40, (count, 4, 4, 1))
    return Subset.of((noise + labels[:, None, None, None] * 100).astype(np.uint8), (labels + wrong) % 3)


class Person:
    """Sends requests to a loop and collects its checkpoints: `asking(loop)` is called after every batch.

    A pause ends as soon as it starts, until the next batch.
    """

    def __init__(self, asking):
        self._asking, self.loop, self.kept, self.pauses = asking, None, [], 0
        self._rested_at = -1

    def request(self) -> RunRequest:
        asked = self._asking(self.loop)
        return asked.changed(pause=False) if self.loop.steps_done == self._rested_at else asked

    def save(self, checkpoint, *, now: bool) -> None:
        self.kept.append((checkpoint, now))

    def wait_while_paused(self) -> None:
        self.pauses += 1
        self._rested_at = self.loop.steps_done


@pytest.fixture
def make_loop(keras, tmp_path, strict_lines):
    """Creates a loop on toy data: `make_loop(config, validation=..., asking=...)`; `loop.lines()` are its log lines."""
    from imgcls.training import model_builder
    from imgcls.training.loop import steps
    from imgcls.training.loop.loop import Loop
    from imgcls.training.process.metrics_writer import MetricsWriter

    writers = []

    def make(
        config=TOY, *, training=None, validation=None, listener=lambda line: None, asking=lambda loop: RunRequest()
    ):
        keras.utils.clear_session()
        keras.utils.set_random_seed(config.seed)
        training, validation = training or toy(48), validation or toy(15)
        path = tmp_path / f"metrics-{len(list(tmp_path.iterdir()))}.jsonl"
        model = model_builder.build(config, (4, 4, 1), 3, training.images, is_multilabel=training.is_multilabel)
        person = Person(asking)
        writers.append(MetricsWriter(path, listener))
        trainable = steps.trainable(config, model, training.labels)
        person.loop = loop = Loop(config, trainable, training, validation, writers[-1], person)
        loop.lines = lambda kind="epoch": [line for line in strict_lines(path) if line["kind"] == kind]
        return loop

    yield make
    for writer in writers:
        writer.close()


def same_weights(first, second, within=0.0) -> bool:
    return all(np.abs(a - b).max() <= within for a, b in zip(first, second, strict=True))
