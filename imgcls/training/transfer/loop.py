"""Transfer learning in two stages that look like one training: a head on kept features, then fine-tuning.

Both are `Loop`s, so pausing, stopping and checkpoints work in both as in any training. A checkpoint of the first stage
holds the head alone, one of the second the whole network.
"""

import time
from typing import Any

import keras
import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.datasets.augmentation import Augmentation
from imgcls.runs import as_backbone
from imgcls.training import model_builder
from imgcls.training.loop.batches import Part
from imgcls.training.loop.epoch_predictions import Snapshots
from imgcls.training.loop.loop import Loop
from imgcls.training.loop.state import Progress
from imgcls.training.model_builder import backbone
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.process.control import Control
from imgcls.training.process.metrics_writer import Journal
from imgcls.training.transfer.features import Extractor, Stopped, looking

COMPARED = 64
MOST_DIFFERENCE = 1e-3


class TransferLoop:
    """What a trainer asks of a `Loop`, for the two stages one after the other."""

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        training: Part,
        validation: Part,
        journal: Journal,
        control: Control,
        snapshots: Snapshots | None = None,
    ):
        self._config, self.journal, self.control = config, journal, control
        self._dataset, self._training, self._validation = dataset, training, validation
        self._snapshots = snapshots
        self._more = models.more_epochs(config.model, config.model_settings)
        self._base: keras.Model | None = None
        self._whole: keras.Model | None = None
        self._halted, self._heeds, self._looked = False, True, 0.0
        # The head comes first: its first weights do not depend on whether the base is built.
        block = as_backbone.block(config.model_settings)
        self._top = model_builder.head(config, block.features, dataset.facts.num_classes, dataset.facts.is_multilabel)
        self._extractor = Extractor(config, dataset, self.base, journal.features, self._heed)
        # Pictures stand for their features until these are needed: the loop only counts them before.
        self._loop = Loop(config, self._top, training, validation, journal, control, Augmentation(), snapshots)

    def run(self) -> None:
        """Both stages, as far as they are not done. Raises what `Loop.run` raises."""
        if self._loop.progress.stage == 0:
            if not self._has_features():
                return
            self._loop.run()
            if self._loop.was_stopped or not self._more:
                return
            self._begin_fine_tuning()
        self._loop.run()

    # ---- what a trainer asks

    def base(self) -> keras.Model:
        """The base, built when it is first needed."""
        if self._base is None:
            self._base = backbone.built(self._config.model_settings, self._dataset.facts.shape)
            self._base.trainable = False
        return self._base

    @property
    def model(self) -> keras.Model:
        """Base and head as one model."""
        if self._whole is None:
            self._whole = model_builder.joined(self._config, self.base(), self._top)
        return self._whole

    @property
    def best_weights(self) -> list[np.ndarray] | None:
        """Those of `model` in the best epoch."""
        if self._loop.progress.stage or self._loop.best_weights is None:
            return self._loop.best_weights
        self._top.set_weights(self._loop.best_weights)
        return self.model.get_weights()

    @property
    def evaluation_batch(self) -> int:
        """Pictures that the whole model answers at once."""
        return backbone.batch_size(self._config.model_settings)

    @property
    def was_stopped(self) -> bool:
        return self._halted or self._loop.was_stopped

    # The rest is that of the current stage.

    @property
    def config(self) -> Config:
        return self._loop.config

    @property
    def progress(self) -> Progress:
        return self._loop.progress

    @property
    def steps_per_epoch(self) -> int:
        return self._loop.steps_per_epoch

    @property
    def steps_done(self) -> int:
        return self._loop.steps_done

    @property
    def epochs_done(self) -> int:
        return self._loop.epochs_done

    @property
    def position(self) -> float:
        return self._loop.position

    @property
    def learning_rate(self) -> float:
        return self._loop.learning_rate

    @property
    def best(self) -> dict[str, Any] | None:
        return self._loop.best

    def keep_unfinished_epoch(self) -> bool:
        """As `Loop.keep_unfinished_epoch`; the validation features are computed if the stop came before them."""
        if self._halted and self._loop.steps_done and not self._loop.progress.stage:
            self._heeds = False
            self._loop.validation = self._extractor.part(self._validation)
        return self._loop.keep_unfinished_epoch()

    @property
    def facts(self) -> dict[str, Any]:
        """What the result says of the stages."""
        stage = self._loop.progress
        found: dict[str, Any] = {"head_epochs": stage.before if stage.stage else stage.epoch - 1}
        if self._extractor.images:
            found["feature_rate"] = round(self._extractor.images / max(self._extractor.seconds, 1e-6), 1)
        return found | {"feature_seconds": round(self._looked, 2)}

    def test_predictions(self) -> np.ndarray | None:
        """Probabilities of all test pictures, float32 (n, classes), from their features.

        None where the base is another one than that of the features: after fine-tuning, or where a sample shows it.
        """
        if self._loop.progress.stage or self._config.test_time_augmentation:
            return None
        self._heeds = False
        features = self._extractor.test()
        size = 4096
        found = [
            np.asarray(self._top.predict_on_batch(np.asarray(features[start : start + size])))
            for start in range(0, len(features), size)
        ]
        probabilities = np.concatenate(found)
        sample = np.asarray(self._dataset.x_test[:COMPARED])
        if np.abs(self.model.predict_on_batch(sample) - probabilities[:COMPARED]).max() <= MOST_DIFFERENCE:
            return probabilities
        self._extractor.forget_test()
        return None

    def checkpoint(self) -> Checkpoint:
        return self._loop.checkpoint()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes back to a checkpoint, in whichever stage it was taken."""
        if checkpoint.state.get("stage"):
            self._loop = self._fine_tuning()
        self._loop.restore(checkpoint)

    # ---- the stages

    def _has_features(self) -> bool:
        """Puts features in the place of the pictures, if there is anything left to learn from them."""
        progress = self._loop.progress
        if progress.epoch > self._config.epochs or progress.ended_early:
            return True
        self.journal.phase("features")
        began = time.monotonic()
        try:
            self._heed()
            training = self._loop.training = self._extractor.copies(self._training)
            self._loop.validation = self._extractor.part(self._validation)
        except Stopped:
            self._halted = True
            return False
        finally:
            self._looked = time.monotonic() - began
        if not self._loop.steps_done:
            models.family(self._config.model).begin(self._top, training.sample(model_builder.MOST_TO_BEGIN))
        self.journal.phase("training")
        return True

    def _begin_fine_tuning(self) -> None:
        head = self._loop
        best = self.best_weights  # puts the best head below the answers
        loop = self._fine_tuning()
        before, now = head.progress, loop.progress
        now.run, now.stage, now.before = before.run, 1, head.epochs_done
        now.best, loop.best_weights = before.best, best
        # What was asked before is in force already; the rate that was asked was one for the head.
        now.rate_asked, now.rate_number = before.rate_asked, before.rate_number
        now.early_stopping = before.early_stopping
        now.seconds = before.seconds
        self._loop = loop
        rate = loop.config.learning_rate
        self.journal.stage(epoch=now.before, name="fine-tuning", learning_rate=rate)

    def _fine_tuning(self) -> Loop:
        """A loop over pictures and the whole network, of which the last blocks learn."""
        settings = self._config.model_settings
        whole = self.model
        backbone.unfreeze(self.base(), settings["fine_tuning_blocks"])
        config = self._config.changed(epochs=self._more, learning_rate=settings["fine_tuning_rate"])
        loop = Loop(
            config, whole, self._training, self._validation, self.journal, self.control, snapshots=self._snapshots
        )
        loop.evaluation_batch = backbone.batch_size(settings)
        return loop

    def _heed(self) -> None:
        """Between two batches of features: waits in a pause, and ends at a stop.

        Raises:
            Stopped: asked to stop.
            Parked: a pause lasted so long that the process should end.
        """
        if not self._heeds:
            return
        asked = self.control.asked()
        if asked.pause and not asked.stop:
            self.control.keep(self.checkpoint(), now=True)
            self.journal.phase("paused")
            self.control.wait_while_paused()
            self.journal.phase("features")
        if self.control.asked().stop:
            raise Stopped


def rehearsed(
    config: Config, dataset: Dataset, training: Part, validation: Part, *, most: int = 256, seconds: float = 8.0
) -> tuple[keras.Model, Part, Part, float]:
    """For checks before the start: the head, features of a few pictures in the place of all, and seconds for a picture.

    The parts are as long as the real ones, so a step and an epoch take as long as they will.
    """
    base = backbone.built(config.model_settings, dataset.facts.shape)
    look, size = looking(base), min(16, backbone.batch_size(config.model_settings))
    images, labels = training.taken(np.arange(min(most, len(training))))
    look(images[:size])  # also builds the graph
    found: list[np.ndarray] = []
    began = time.monotonic()
    while len(found) * size < len(images) and (len(found) < 2 or time.monotonic() - began < seconds):
        found.append(look(images[len(found) * size :][:size]).numpy())
    features = np.concatenate(found)
    pace = (time.monotonic() - began) / len(features)
    top = model_builder.head(config, features.shape[1], dataset.facts.num_classes, dataset.facts.is_multilabel)
    models.family(config.model).begin(top, features)

    def as_long_as(part: Part) -> Part:
        rows = np.arange(len(part)) % len(features)
        return Part(features, rows, labels[rows])

    return top, as_long_as(training), as_long_as(validation), pace
