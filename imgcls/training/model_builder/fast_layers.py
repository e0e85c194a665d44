"""Keras's layers, of which two learn sooner on a processor. They have the same weights and give the same answers.

A family's `classify` takes this module in place of `keras.layers` while a network learns. What is kept, tested and
exported is made of Keras's own layers: only steps are quicker, and no file knows of it.
"""

from typing import Any

import keras
import tensorflow as tf

NARROWEST, WIDE = 64, 128 * 128
"""From so many maps in and out of a convolution, and from such a product of both, the gradient by its kernel is quicker
as products of matrices, ..."""
LARGEST = 15
"""... up to pictures of this side: of larger ones more is copied."""


def __getattr__(name: str) -> Any:
    """Every other layer is Keras's."""
    return getattr(keras.layers, name)


class BatchNormalization(keras.layers.BatchNormalization):
    """Mean, variance and the normalised values in one of TensorFlow's operations, where Keras takes a dozen, each of
    which goes through the memory once: a tenth of a step."""

    def call(self, inputs, training=None, mask=None):
        fits = len(inputs.shape) == 4 and self.axis in (-1, 3) and mask is None
        if not (training and self.trainable and fits) or self.renorm or self.synchronized:
            return super().call(inputs, training=training, mask=mask)
        maps = inputs.shape[-1]
        values, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.convert_to_tensor(self.gamma) if self.scale else tf.ones([maps]),
            tf.convert_to_tensor(self.beta) if self.center else tf.zeros([maps]),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The operation divides by n - 1, Keras by n.
        count = tf.cast(tf.size(inputs) // maps, tf.float32)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance * (count - 1) / count)):
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return values


class Conv2D(keras.layers.Conv2D):
    """The gradient of a wide kernel of 3 x 3 in 16 bits as products of matrices: oneDNN's own operation for it is no
    quicker than in 32 bits, its products are (two thirds of the time from 256 maps to 256)."""

    def convolution_op(self, inputs, kernel):
        kernel = tf.convert_to_tensor(kernel)
        if self._is_quicker(inputs, kernel):
            return _convolved(inputs, tf.cast(kernel, inputs.dtype))
        return super().convolution_op(inputs, kernel)

    def _is_quicker(self, inputs, kernel) -> bool:
        plain = self.strides == self.dilation_rate == (1, 1) and self.groups == 1 and self.padding == "same"
        return (
            plain
            and self.data_format == "channels_last"
            and inputs.dtype == tf.bfloat16
            and self.kernel_size == (3, 3)
            and min(kernel.shape[2:]) >= NARROWEST
            and kernel.shape[2] * kernel.shape[3] >= WIDE
            and max(inputs.shape[1:3]) <= LARGEST
        )


@tf.custom_gradient
def _convolved(images: tf.Tensor, kernel: tf.Tensor):
    """A 3 x 3 convolution of pictures (n, height, width, maps) that keeps their size."""

    def gradient(change):
        by_images = tf.compat.v1.nn.conv2d_backprop_input(
            tf.shape(images), kernel, change, strides=[1, 1, 1, 1], padding="SAME"
        )
        return by_images, tf.cast(kernel_gradient(images, change), kernel.dtype)

    return tf.nn.conv2d(images, kernel, 1, "SAME"), gradient


def kernel_gradient(images: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
    """How a loss changes with a 3 x 3 kernel, float32 (3, 3, maps in, maps out).

    `pictures` (n, height, width, maps in) are what is convolved, `change` (n, height, width, maps out) the gradient by
    what comes out. Each of the kernel's nine places sees all pictures, moved by that place. The three of a line of the
    kernel are one product for each line of the pictures, with the pictures along its inner dimension: so a move down
    copies nothing, and what is multiplied lies in the processor's cache.
    """
    height, width, maps_in = images.shape[1:]
    maps_out = change.shape[-1]
    lines = tf.pad(tf.transpose(images, [1, 3, 2, 0]), [[1, 1], [0, 0], [1, 1], [0, 0]])
    moved = tf.concat([lines[:, :, right : right + width] for right in range(3)], axis=1)
    moved = tf.reshape(moved, [height + 2, 3 * maps_in, -1])
    change = tf.reshape(tf.transpose(change, [1, 2, 0, 3]), [height, -1, maps_out])
    by_line = [tf.matmul(moved[down : down + height], change) for down in range(3)]
    by_kernel = [tf.reduce_sum(tf.cast(products, tf.float32), axis=0) for products in by_line]
    return tf.reshape(tf.stack(by_kernel), [3, 3, maps_in, maps_out])
