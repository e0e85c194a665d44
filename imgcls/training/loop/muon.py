"""Muon: an optimiser for convolutions whose steps change all directions of a kernel equally (Jordan et al. 2024).

Most of a gradient lies in a few directions, and gradient descent moves along these alone. Muon treats the momentum as a
matrix, from patches to feature maps, and replaces it by the nearest matrix with equal singular values. If a
normalisation layer follows, the length of a kernel has no effect, so it is fixed, and the learning rate is the fraction
by which a step rotates the kernel.
"""

import keras
import tensorflow as tf

MOMENTUM = 0.6
ITERATIONS = 3
QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients that increase small singular values fastest (Jordan et al. 2024)."""
SGD_RATE_FACTOR = 4.0
"""Variables that are not convolution kernels use SGD with Nesterov momentum at this multiple of the learning rate."""
EPSILON = 1e-7


class Muon(keras.optimizers.SGD):
    """Muon for convolution kernels (4-D variables), SGD with Nesterov momentum 0.9 for all other variables.

    `precision`, 'float32' or 'bfloat16', is used for its matrix products, which are approximate anyway.
    """

    def __init__(self, learning_rate: float = 0.12, precision: str = "float32", **settings):
        super().__init__(learning_rate, momentum=0.9, nesterov=True, **settings)
        self._precision = precision

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) != 4:
            super().update_step(gradient, variable, learning_rate * SGD_RATE_FACTOR)
            return
        maps = variable.shape[-1]
        momentum = self.momentums[self._get_variable_index(variable)]
        self.assign(momentum, momentum * MOMENTUM + gradient)
        step = tf.reshape(gradient + momentum * MOMENTUM, [-1, maps])
        kernel = tf.convert_to_tensor(variable)
        kernel *= maps**0.5 / (tf.norm(kernel) + EPSILON)
        update = tf.reshape(orthogonalise(step, self._precision), variable.shape)
        self.assign(variable, kernel - learning_rate * update)


def orthogonalise(matrix: tf.Tensor, precision: str = "float32") -> tf.Tensor:
    """A float32 matrix with the same singular vectors and singular values near 1.

    Newton-Schulz iteration, with matrix products in `precision`.
    """
    linear, cubic, quintic = QUINTIC
    matrix = tf.cast(matrix / (tf.norm(matrix) + EPSILON), precision)
    is_tall = matrix.shape[0] > matrix.shape[1]
    for _ in range(ITERATIONS):  # squares of the shorter side: a few percent of a step's arithmetic
        square = tf.matmul(matrix, matrix, transpose_a=is_tall, transpose_b=not is_tall)
        change = cubic * square + quintic * tf.matmul(square, square)
        matrix = linear * matrix + (tf.matmul(matrix, change) if is_tall else tf.matmul(change, matrix))
    return tf.cast(matrix, tf.float32)
