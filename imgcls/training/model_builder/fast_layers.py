"""Keras layers, two of which train faster on a CPU. They have the same weights and compute the same values.

During training a family's `classify` gets this module instead of `keras.layers`. The model that is evaluated, saved and
exported consists of Keras's own layers, so no file depends on this module.
"""

from typing import Any

import keras
import tensorflow as tf

MIN_CHANNELS, MIN_CHANNEL_PRODUCT = 64, 128 * 128
"""With at least this many input and output channels, and this product of both, the gradient of a kernel is faster as
matrix products …"""
MAX_SIDE = 15
"""… for feature maps of up to this side length. Larger ones would have to be copied more."""


def __getattr__(name: str) -> Any:
    """All other layers are Keras's own."""
    return getattr(keras.layers, name)


class BatchNormalization(keras.layers.BatchNormalization):
    """Computes mean, variance and normalised values in one fused TensorFlow operation.

    Keras uses a dozen operations, each of which reads the whole tensor: a tenth of a training step.
    """

    def call(self, inputs, training=None, mask=None):
        is_supported = len(inputs.shape) == 4 and self.axis in (-1, 3) and mask is None
        if not (training and self.trainable and is_supported) or self.renorm or self.synchronized:
            return super().call(inputs, training=training, mask=mask)
        maps = inputs.shape[-1]
        values, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.convert_to_tensor(self.gamma) if self.scale else tf.ones([maps]),
            tf.convert_to_tensor(self.beta) if self.center else tf.zeros([maps]),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The fused operation divides by n - 1, Keras by n.
        count = tf.cast(tf.size(inputs) // maps, tf.float32)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance * (count - 1) / count)):
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return values


class Conv2D(keras.layers.Conv2D):
    """Computes the gradient of wide 3×3 kernels in bfloat16 as matrix products.

    oneDNN's own operation for this gradient is no faster in bfloat16 than in float32, but its matrix products are: two
    thirds of the time for 256 input and 256 output channels.
    """

    def convolution_op(self, inputs, kernel):
        kernel = tf.convert_to_tensor(kernel)
        if self._is_faster(inputs, kernel):
            return _convolution(inputs, tf.cast(kernel, inputs.dtype))
        return super().convolution_op(inputs, kernel)

    def _is_faster(self, inputs, kernel) -> bool:
        is_plain = self.strides == self.dilation_rate == (1, 1) and self.groups == 1 and self.padding == "same"
        return (
            is_plain
            and self.data_format == "channels_last"
            and inputs.dtype == tf.bfloat16
            and self.kernel_size == (3, 3)
            and min(kernel.shape[2:]) >= MIN_CHANNELS
            and kernel.shape[2] * kernel.shape[3] >= MIN_CHANNEL_PRODUCT
            and max(inputs.shape[1:3]) <= MAX_SIDE
        )


@tf.custom_gradient
def _convolution(images: tf.Tensor, kernel: tf.Tensor):
    """A 3×3 convolution of images (n, height, width, channels) with "same" padding."""

    def gradient(change):
        by_images = tf.compat.v1.nn.conv2d_backprop_input(
            tf.shape(images), kernel, change, strides=[1, 1, 1, 1], padding="SAME"
        )
        return by_images, tf.cast(kernel_gradient(images, change), kernel.dtype)

    return tf.nn.conv2d(images, kernel, 1, "SAME"), gradient


def kernel_gradient(images: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
    """The gradient of a loss with respect to a 3×3 kernel, float32 (3, 3, input channels, output channels).

    Each of the nine kernel positions sees the images shifted by that position. The three positions of one kernel row
    are computed as one matrix product per image row, with the batch along the inner dimension. A vertical shift then
    copies nothing, and the operands fit into the CPU cache.

    Args:
        images: The input of the convolution (n, height, width, input channels).
        change: The gradient with respect to its output (n, height, width, output channels).
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
