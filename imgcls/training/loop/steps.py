"""The two computations of a training as graphs: a step that learns from a batch, and a look that only judges it."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from imgcls.config import Config
from imgcls.training.loop.muon import Muon
from imgcls.training.model_builder import logits_of, precision_of


def optimizer_of(config: Config) -> keras.optimizers.Optimizer:
    """The optimiser of a run; its learning rate is set before each step by whoever knows the schedule."""
    settings: dict = {"learning_rate": config.learning_rate}
    if config.optimizer == "sgd":
        settings |= {"momentum": 0.9, "nesterov": True}
    if config.weight_decay or config.optimizer == "adamw":
        settings["weight_decay"] = config.weight_decay
    if config.optimizer == "muon":
        optimizer = Muon(precision=precision_of(config), **settings)
    else:
        optimizer = keras.optimizers.get({"class_name": config.optimizer, "config": settings})
    if config.weight_decay:
        # One-dimensional variables are offsets and scales: pulling them to zero helps nobody.
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def class_weights(config: Config, labels: np.ndarray, num_classes: int) -> np.ndarray | None:
    """The weight of each class in the training loss, float32 (num_classes,), or None where the setting is off.

    n / (classes * pictures of the class), as scikit-learn's "balanced": the mean over the training pictures is 1 where
    every class has some. A class without any has weight 0.

    For a matrix of labels (n, num_classes) each label is a question with two answers, weighted in the same way: float32
    (2, num_classes), the weight of "no" and of "yes".
    """
    if not config.class_weights:
        return None
    if labels.ndim == 2:
        counts = np.stack([(labels == answer).sum(0) for answer in (0, 1)])
        present = np.count_nonzero(counts, axis=0)
        return np.where(counts, len(labels) / (present * np.maximum(counts, 1)), 0).astype(np.float32)
    counts = np.bincount(labels, minlength=num_classes)
    present = np.count_nonzero(counts)
    return np.where(counts, len(labels) / (present * np.maximum(counts, 1)), 0).astype(np.float32)


def compiled(
    config: Config,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    weights: np.ndarray | None = None,
    is_multilabel: bool = False,
) -> tuple[Callable, Callable]:
    """`step(pictures, labels)` learns and `judge(pictures, labels)` only looks, for batches of any size.

    Pictures are what the model takes, mostly uint8 (n, height, width, channels); labels int32 (n,); `weights` as from
    `class_weights`. `step` returns loss, accuracy and the norm of the gradient, `judge` loss and accuracy: means over
    the batch, float32 scalars; and `judge` the probabilities (n, classes) as well.

    Where a picture may have `several` labels, these are 0 and 1 in int32 (n, classes), the loss is binary cross-entropy
    whichever of the others is chosen, and the accuracy is the share of pictures of which all labels are right at 0.5.
    """
    logits_model = logits_of(model)
    answered = tf.nn.sigmoid if is_multilabel else tf.nn.softmax
    cross_entropy, plain_cross_entropy, accuracy = (_of_labels if is_multilabel else _of_classes)(
        config, model, weights
    )
    signature = [
        tf.TensorSpec([None, *model.input_shape[1:]], model.inputs[0].dtype),
        tf.TensorSpec([None, model.output_shape[-1]] if is_multilabel else [None], tf.int32),
    ]
    optimizer.build(model.trainable_variables)

    @tf.function(input_signature=signature)
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = tf.cast(logits_model(images, training=True), tf.float32)
            loss = cross_entropy(labels, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss, accuracy(labels, logits), tf.linalg.global_norm(gradients)

    @tf.function(input_signature=signature)
    def judge(images, labels):
        # Without label smoothing and weights, whatever the training uses: the figure is the one that Evaluate shows.
        logits = tf.cast(logits_model(images, training=False), tf.float32)
        return plain_cross_entropy(labels, logits), accuracy(labels, logits), answered(logits)

    return step, judge


def _of_classes(config: Config, model: keras.Model, weights: np.ndarray | None) -> tuple[Callable, Callable, Callable]:
    """Loss to learn by, loss to judge by, and accuracy, where each picture belongs to one class."""
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


def _of_labels(config: Config, model: keras.Model, weights: np.ndarray | None) -> tuple[Callable, Callable, Callable]:
    """The same where each label is a question of its own: is it on the picture?"""
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
        right = (logits >= 0) == (labels > 0)
        return tf.reduce_mean(tf.cast(tf.reduce_all(right, -1), tf.float32))

    return cross_entropy, plain, accuracy
