"""The loop of a run: its network, ready to be trained."""

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.runs import Run, backbone_facts
from imgcls.training import keras_import
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.epoch_predictions import EpochRecorder
from imgcls.training.loop.loop import Loop
from imgcls.training.process.control import Control
from imgcls.training.process.metrics_writer import MetricsWriter
from imgcls.training.transfer import known_networks, linear_head
from imgcls.training.transfer.early_start import EarlyStart
from imgcls.training.transfer.loop import TransferLoop
from imgcls.training.transfer.several_seeds import SeveralSeeds


def loop_of(
    run: Run,
    config: Config,
    dataset: Dataset,
    training: Subset,
    validation: Subset,
    metrics: MetricsWriter,
    control: Control,
    shared: SeveralSeeds | None = None,
) -> tuple[Loop | TransferLoop, EpochRecorder]:
    """The loop, and what records its predictions. Imports TensorFlow unless the run can do without.

    Args:
        shared: What runs with other seeds have in common.
    """
    facts, has_backbone = dataset.facts, models.has_backbone(config.model)
    epochs = config.epochs + models.more_epochs(config.model, config.model_settings)
    recorder = EpochRecorder(run, validation, len(facts.classes), epochs)
    loop: Loop | TransferLoop
    if has_backbone:
        early = (shared.early_start if shared else EarlyStart.begun)(config, dataset, training, validation)
        known = known_networks.find(config, dataset)
        if known is None or config.folds or not linear_head.suits(config):
            _load_keras(config)
        loop = TransferLoop(config, dataset, training, validation, metrics, control, recorder, early, shared, known)
        precision = "float32"
    else:
        _load_keras(config)
        from imgcls.training import model_builder
        from imgcls.training.loop import steps

        precision = model_builder.precision_of(config)
        sample = training.sample(model_builder.NORMALISATION_IMAGES)
        model = model_builder.build(
            config, facts.shape, len(facts.classes), sample, precision, facts.is_multilabel, for_training=True
        )
        trainable = steps.trainable(config, model, training.labels)
        loop = Loop(config, trainable, training, validation, metrics, control, recorder=recorder)
        recorder.probe_with(model.predict_on_batch)
        recorder.store_filters(model_builder.first_kernel(model))
    metrics.plan(
        train=len(training),
        validation=len(validation),
        test=len(dataset.y_test),
        steps=loop.steps_per_epoch,
        epochs=epochs,
        head_epochs=config.epochs if has_backbone else None,
        parameters=backbone_facts.parameters(config, facts),
        precision=precision,
        **({"several": True} if facts.is_multilabel else {}),
    )
    return loop, recorder


def _load_keras(config: Config) -> None:
    """Imports TensorFlow and Keras, which takes seconds, and seeds them."""
    keras_import.load()
    import keras
    import tensorflow as tf

    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(config.seed)
