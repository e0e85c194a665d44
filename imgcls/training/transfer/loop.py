"""Transfer learning in two stages that appear as one training run: a head on cached features, then fine-tuning.

Both stages are `Loop`s, so pausing, stopping and checkpoints work as in any training. A checkpoint of the first stage
holds only the head, one of the second the whole network.
"""

import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.datasets.augmentation import Augmentation
from imgcls.runs import backbone_facts
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.epoch_predictions import EpochRecorder
from imgcls.training.loop.loop import Loop
from imgcls.training.loop.state import Progress
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.process.control import Control
from imgcls.training.process.metrics_writer import MetricsWriter
from imgcls.training.transfer import head_solver, heads, known_networks
from imgcls.training.transfer.early_start import EarlyStart
from imgcls.training.transfer.features import Copies, Extractor, Stopped
from imgcls.training.transfer.known_networks import KnownModel, KnownNetwork
from imgcls.training.transfer.linear_head import LinearHead
from imgcls.training.transfer.several_seeds import SeveralSeeds

if TYPE_CHECKING:  # these import TensorFlow
    import keras

    from imgcls.training.transfer.whole_model import WholeModel

AT_ONCE = 4096
MAX_DIFFERENCE = 1e-3
"""Predictions from cached features are used if those of a sample differ from the whole model by no more than this."""


class TransferLoop:
    """Has the interface of `Loop` that the trainer uses, and runs the two stages one after the other."""

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        training: Subset,
        validation: Subset,
        metrics: MetricsWriter,
        control: Control,
        recorder: EpochRecorder | None = None,
        early: EarlyStart | None = None,
        shared: SeveralSeeds | None = None,
        known: KnownNetwork | None = None,
    ):
        """`early` may be computing features already; `shared` has what runs with other seeds have in common; `known` is
        the network, if its files are known from an earlier run."""
        self._config, self.metrics, self.control, self._recorder = config, metrics, control, recorder
        self._dataset, self._training, self._validation = dataset, training, validation
        self._fine_tuning_epochs = models.more_epochs(config.model, config.model_settings)
        self._stopped_early, self._obeys_requests, self._feature_seconds = False, True, 0.0
        self._early, self.known = early, known
        self._sample: np.ndarray | None = None  # Keras's features of the first test images
        features = backbone_facts.block(config.model_settings).features
        # Fine-tuning and test-time augmentation build other models from the head.
        is_alone = self._fine_tuning_epochs or config.test_time_augmentation
        head = heads.trainable(config, features, dataset.facts, training.labels, None if is_alone else shared)
        self._head = head.model
        self._extractor = Extractor(config, dataset, lambda: self.whole.base, metrics.features, self.obey_request)
        # The images are placeholders until their features are needed. Until then the loop only counts them.
        self._loop = Loop(config, head, training, validation, metrics, control, Augmentation(), recorder)

    def run(self) -> None:
        """Runs what remains of both stages. Raises what `Loop.run` raises."""
        if self._loop.progress.stage == 0:
            if not self._has_features():
                return
            self._loop.run()
            if self._loop.was_stopped or not self._fine_tuning_epochs:
                return
            self._begin_fine_tuning()
        self._loop.run()

    # ---- the interface of Loop

    @cached_property
    def whole(self) -> "WholeModel":
        """Backbone and head in Keras, built when they are first needed."""
        from imgcls.training.transfer.whole_model import WholeModel

        head: Any = None if isinstance(self._head, LinearHead) else self._head
        return WholeModel(self._config, self._dataset.facts, head)

    @property
    def model(self) -> "keras.Model | KnownModel":
        """Backbone and head as one model."""
        if self._loop.progress.stage:
            return self.whole.model
        weights = self._head.get_weights()
        return self.whole.with_head(weights) if self.known is None else KnownModel(self.known, weights)

    def load_best(self) -> None:
        """Gives `model` the weights of the best epoch."""
        if self._loop.best_weights is not None:
            self._loop.model.set_weights(self._loop.best_weights)

    @property
    def evaluation_batch(self) -> int:
        """Batch size for inference with the whole model."""
        return backbone_facts.batch_size(self._config.model_settings)

    @property
    def was_stopped(self) -> bool:
        return self._stopped_early or self._loop.was_stopped

    # The rest belongs to the current stage.

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
        if self._stopped_early and self._loop.steps_done and not self._loop.progress.stage:
            self._obeys_requests = False
            self._loop.validation = self._extractor.subset(self._validation)
        return self._loop.keep_unfinished_epoch()

    @property
    def facts(self) -> dict[str, Any]:
        """Entries of result.json about the stages."""
        progress = self._loop.progress
        facts: dict[str, Any] = {"head_epochs": progress.before if progress.stage else progress.epoch - 1}
        if self._extractor.images:
            facts["feature_rate"] = round(self._extractor.images / max(self._extractor.seconds, 1e-6), 1)
        return facts | {"feature_seconds": round(self._feature_seconds, 2)}

    def test_predictions(self, expected: np.ndarray) -> np.ndarray | None:
        """Probabilities of all test images, float32 (n, classes), from their features.

        None if the features do not belong to the model: after fine-tuning, with test-time augmentation, or if what the
        model predicts for the first images, `expected`, shows it.
        """
        if self._loop.progress.stage or self._config.test_time_augmentation:
            return None
        self._obeys_requests = False
        features = self._extractor.test()
        parts = (np.asarray(features[start : start + AT_ONCE]) for start in range(0, len(features), AT_ONCE))
        probabilities = np.concatenate([np.asarray(self._head.predict_on_batch(part)) for part in parts])
        if np.abs(expected - probabilities[: len(expected)]).max() <= MAX_DIFFERENCE:
            return probabilities
        self._extractor.discard_test()
        return None

    def predictions_once(self, model: Any, images: np.ndarray) -> np.ndarray:
        """As `Loop.predictions_once`."""
        if self._loop.progress.stage or self._config.test_time_augmentation:
            return self._loop.predictions_once(model, images)
        if self.known is not None:
            return self._head.predict_on_batch(self.known.sample)
        self._sample = np.asarray(self.whole.base(images, training=False))
        return np.asarray(self.whole.head(self._sample, training=False))

    def remember(self, file: Path, ink: dict[str, Any] | None) -> None:
        """Keeps the network for later runs; `file` is its model.keras. See `known_networks.store`."""
        if self.known is None and self._sample is not None:
            head, parameters = self._head.get_weights(), self.whole.model.count_params()
            known_networks.store(self._config, self._dataset, file, head, self._sample, parameters, ink)

    def checkpoint(self) -> Checkpoint:
        return self._loop.checkpoint()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continues from a checkpoint of either stage."""
        if checkpoint.state.get("stage"):
            self._loop = self._fine_tuning()
        self._loop.restore(checkpoint)

    # ---- the stages

    def _has_features(self) -> bool:
        """Replaces the images by their features if the stage is not finished. False if a stop was requested."""
        progress = self._loop.progress
        if progress.epoch > self._config.epochs or progress.ended_early:
            return True
        self.metrics.phase("features")
        start = time.monotonic()
        try:
            self.obey_request()
            if self._early is not None:
                self._early.wait(self.obey_request)
            training, self._loop.validation = self._extractor.split(self._training, self._validation)
            self._loop.training = training
        except Stopped:
            self._stopped_early = True
            return False
        finally:
            self._feature_seconds = time.monotonic() - start
        if not self._loop.steps_done:
            self._initialise(training)
        self.metrics.phase("training")
        return True

    def _initialise(self, training: Copies) -> None:
        """Sets the initial weights of the head."""
        if self._config.model_settings["head_units"]:
            heads.initialise(self._config, self._head, training.sample(models.MAX_IMAGES_TO_INITIALISE))
            return
        found = self._early and self._early.solution(self._dataset, self._training, self._validation)
        if not found:
            classes = self._dataset.facts.num_classes
            found = head_solver.solution(self._config, classes, training, self._loop.validation)
        found.apply(self._head)

    def _begin_fine_tuning(self) -> None:
        head = self._loop
        self.load_best()
        best = None if head.best_weights is None else self.whole.with_head(head.best_weights).get_weights()
        loop = self._fine_tuning()
        before, after = head.progress, loop.progress
        after.run, after.stage, after.before = before.run, 1, head.epochs_done
        after.best, loop.best_weights = before.best, best
        # Earlier requests are done: a requested learning rate was meant for the head.
        after.rate_asked, after.rate_number = before.rate_asked, before.rate_number
        after.early_stopping = before.early_stopping
        after.seconds = before.seconds
        self._loop = loop
        rate = loop.config.learning_rate
        self.metrics.stage(epoch=after.before, name="fine-tuning", learning_rate=rate)

    def _fine_tuning(self) -> Loop:
        """A loop that trains the head and the last blocks of the backbone on images."""
        from imgcls.training.loop import steps  # imports TensorFlow

        settings = self._config.model_settings
        whole = self.whole.with_head(self._head.get_weights())
        self.whole.unfreeze()
        config = self._config.changed(epochs=self._fine_tuning_epochs, learning_rate=settings["fine_tuning_rate"])
        trainable = steps.trainable(config, whole, self._training.labels)
        loop = Loop(
            config, trainable, self._training, self._validation, self.metrics, self.control, recorder=self._recorder
        )
        loop.evaluation_batch = backbone_facts.batch_size(settings)
        return loop

    def obey_request(self) -> None:
        """Obeys requests between two batches of features: waits during a pause.

        Raises:
            Stopped: a stop was requested.
            Parked: a pause lasted so long that the process should end.
        """
        if not self._obeys_requests:
            return
        request = self.control.request()
        if request.pause and not request.stop:
            self.control.save(self.checkpoint(), now=True)
            self.metrics.phase("paused")
            self.control.wait_while_paused()
            self.metrics.phase("features")
        if self.control.request().stop:
            raise Stopped
