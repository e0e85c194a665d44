"""Optimiser and the two compiled steps of a training run with Keras: one that trains and one that evaluates."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from imgcls.config import Config
from imgcls.training.loop.class_weights import class_weights
from imgcls.training.loop.ema import WeightAverage
from imgcls.training.loop.muon import Muon
from imgcls.training.loop.trainable import Trainable
from imgcls.training.model_builder import logits_of, precision_of


def optimizer_of(config: Config) -> keras.optimizers.Optimizer:
    """The optimiser of a run. The training loop sets its learning rate before each step."""
    settings: dict[str, Any] = {"learning_rate": config.learning_rate}
    if config.optimizer == "sgd":
        settings |= {"momentum": 0.9, "nesterov": True}
    if config.weight_decay or config.optimizer == "adamw":
        settings["weight_decay"] = config.weight_decay
    if config.optimizer == "muon":
        optimizer = Muon(precision=precision_of(config), **settings)
    else:
        optimizer = keras.optimizers.get({"class_name": config.optimizer, "config": settings})
    if config.weight_decay:
        # One-dimensional variables are biases and scales, which should not decay.
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def trainable(config: Config, model: keras.Model, labels: np.ndarray) -> Trainable:
    """A model with its optimiser and compiled steps, which take a second to build; `labels` are those of the training
    images."""
    optimizer = optimizer_of(config)
    weights = class_weights(config, labels, model.output_shape[-1])
    steps = compile_steps(config, model, optimizer, weights, labels.ndim == 2)
    return Trainable(model, optimizer, *steps, lambda decay: weight_average(model.weights, decay))


def weight_average(weights: Sequence[keras.Variable], decay: float) -> WeightAverage:
    """The moving average of Keras's variables; see `WeightAverage`."""
    averages = [tf.Variable(weight.value) for weight in weights]

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def update(decay):
        for average, weight in zip(averages, weights, strict=True):
            average.assign_add((1 - decay) * (tf.convert_to_tensor(weight.value) - average))

    return WeightAverage(weights, averages, decay, lambda kept: update(tf.constant(kept, tf.float32)))


def compile_steps(
    config: Config,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    weights: np.ndarray | None = None,
    is_multilabel: bool = False,
) -> tuple[Callable, Callable]:
    """`train_step(images, labels)` and `eval_step(images, labels)` for batches of any size.

    Images are the model's input, usually uint8 (n, height, width, channels), and labels int32 (n,). For a multi-label
    model, labels are 0 or 1 in int32 (n, classes), the loss is always binary cross-entropy, and the accuracy is the
    fraction of images whose labels are all correct at a threshold of 0.5.

    Args:
        weights: From `imgcls.training.loop.class_weights`.

    Returns:
        `train_step` returns loss, accuracy and the gradient norm, `eval_step` loss, accuracy and the probabilities
        (n, classes). Loss and accuracy are means over the batch, float32 scalars.
    """
    logits_model = logits_of(model)
    to_probabilities = tf.nn.sigmoid if is_multilabel else tf.nn.softmax
    losses = _multilabel_losses if is_multilabel else _single_label_losses
    training_loss, evaluation_loss, accuracy = losses(config, model, weights)
    signature = [
        tf.TensorSpec([None, *model.input_shape[1:]], model.inputs[0].dtype),
        tf.TensorSpec([None, model.output_shape[-1]] if is_multilabel else [None], tf.int32),
    ]
    optimizer.build(model.trainable_variables)

    @tf.function(input_signature=signature)
    def train_step(images, labels):
        with tf.GradientTape() as tape:
            logits = tf.cast(logits_model(images, training=True), tf.float32)
            loss = training_loss(labels, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss, accuracy(labels, logits), tf.linalg.global_norm(gradients)

    @tf.function(input_signature=signature)
    def eval_step(images, labels):
        # Without label smoothing and class weights, so that the loss is the one shown on the Evaluate page.
        logits = tf.cast(logits_model(images, training=False), tf.float32)
        return evaluation_loss(labels, logits), accuracy(labels, logits), to_probabilities(logits)

    return _direct(train_step, signature), _direct(eval_step, signature)


def _direct(step: Any, signature: list[tf.TensorSpec]) -> Callable:
    """A compiled function that is called as its only graph, built by the first call. Otherwise TensorFlow
    would look for a graph that suits the arguments, a tenth of a small network's step."""
    graph: Callable | None = None

    def call(images: Any, labels: Any) -> Any:
        nonlocal graph
        if graph is None:
            graph = step.get_concrete_function()
        return graph(tf.constant(images, signature[0].dtype), tf.constant(labels, signature[1].dtype))

    return call


def _single_label_losses(
    config: Config, model: keras.Model, weights: np.ndarray | None
) -> tuple[Callable, Callable, Callable]:
    """Training loss, evaluation loss and accuracy of a model that assigns one class to each image."""
    num_classes = model.output_shape[-1]
    weight_of = None if weights is None else tf.constant(weights, tf.float32)
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    one_hot = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)

    def cross_entropy(labels, logits):
        sample_weight = None if weight_of is None else tf.gather(weight_of, labels)
        if config.loss == "sparse_categorical_crossentropy":
            return plain(labels, logits, sample_weight=sample_weight)
        return one_hot(tf.one_hot(labels, num_classes), logits, sample_weight=sample_weight)

    def accuracy(labels, logits):
        return tf.reduce_mean(tf.cast(tf.argmax(logits, -1, tf.int32) == labels, tf.float32))

    return cross_entropy, plain, accuracy


def _multilabel_losses(
    config: Config, model: keras.Model, weights: np.ndarray | None
) -> tuple[Callable, Callable, Callable]:
    """The same for a multi-label model."""
    smoothing = config.label_smoothing
    weight_of = None if weights is None else tf.constant(weights, tf.float32)

    def cross_entropy(labels, logits):
        truth = tf.cast(labels, tf.float32)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(truth * (1 - smoothing) + 0.5 * smoothing, logits)
        if weight_of is not None:
            losses *= weight_of[0] + truth * (weight_of[1] - weight_of[0])
        return tf.reduce_mean(losses)

    def plain(labels, logits):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(labels, tf.float32), logits))

    def accuracy(labels, logits):
        is_correct = (logits >= 0) == (labels > 0)
        return tf.reduce_mean(tf.cast(tf.reduce_all(is_correct, -1), tf.float32))

    return cross_entropy, plain, accuracy
