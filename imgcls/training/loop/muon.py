"""An optimiser for convolutions: each step changes all directions of a kernel alike (Jordan et al. 2024, "Muon").

A gradient is mostly about a few directions, and plain descent moves in these alone. Muon replaces the momentum, seen as
a matrix from patches to maps, by the nearest matrix with equal singular values. A kernel that a normalisation follows
has no length that would matter, so it is held at one, and the learning rate says by which share a step turns it.
"""

import keras
import tensorflow as tf

MOMENTUM = 0.6
ROUNDS = 3
QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients that lift small singular values fastest (Jordan et al. 2024)."""
OTHERS = 4.0
"""What is no convolution learns by SGD with Nesterov momentum, at so many times the learning rate."""
SMALLEST = 1e-7


class Muon(keras.optimizers.SGD):
    """Muon for kernels of convolutions (4-D), SGD with Nesterov momentum 0.9 for everything else.

    Its products of matrices have the `precision` 'float32' or 'bfloat16': they are an approximation anyway.
    """

    def __init__(self, learning_rate: float = 0.12, precision: str = "float32", **settings):
        super().__init__(learning_rate, momentum=0.9, nesterov=True, **settings)
        self._precision = precision

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) != 4:
            super().update_step(gradient, variable, learning_rate * OTHERS)
            return
        maps = variable.shape[-1]
        momentum = self.momentums[self._get_variable_index(variable)]
        self.assign(momentum, momentum * MOMENTUM + gradient)
        step = tf.reshape(gradient + momentum * MOMENTUM, [-1, maps])
        kernel = tf.convert_to_tensor(variable)
        kernel *= maps**0.5 / (tf.norm(kernel) + SMALLEST)
        self.assign(variable, kernel - learning_rate * tf.reshape(evened(step, self._precision), variable.shape))


def evened(matrix: tf.Tensor, precision: str = "float32") -> tf.Tensor:
    """A float32 matrix with the same singular vectors, whose values all lie near 1: Newton-Schulz iteration, in
    products of this precision."""
    linear, cubic, quintic = QUINTIC
    matrix = tf.cast(matrix / (tf.norm(matrix) + SMALLEST), precision)
    is_tall = matrix.shape[0] > matrix.shape[1]
    for _ in range(ROUNDS):  # squares of the short side: a few hundredths of a step's arithmetic
        square = tf.matmul(matrix, matrix, transpose_a=is_tall, transpose_b=not is_tall)
        change = cubic * square + quintic * tf.matmul(square, square)
        matrix = linear * matrix + (tf.matmul(matrix, change) if is_tall else tf.matmul(change, matrix))
    return tf.cast(matrix, tf.float32)
