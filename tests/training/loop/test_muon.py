"""Muon: its steps have even singular values, kernels keep their length, and it learns."""

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("keras")


@pytest.mark.parametrize("shape", [(27, 8), (8, 27), (16, 16)])
def test_a_step_has_singular_values_near_one_and_the_same_singular_vectors(shape):
    import tensorflow as tf

    from imgcls.training.loop.muon import orthogonalise

    generator = np.random.default_rng(0)
    left, values, right = np.linalg.svd(generator.normal(size=shape), full_matrices=False)
    matrix = (left * (values / values.max()).clip(0.2)) @ right
    result = orthogonalise(tf.constant(matrix, tf.float32)).numpy()
    assert result.shape == shape
    inside = left.T @ result @ right.T
    assert np.allclose(inside, np.diag(np.diag(inside)), atol=1e-4)
    assert 0.5 < np.diag(inside).min() <= np.diag(inside).max() < 1.4
    in_16_bits = orthogonalise(tf.constant(matrix, tf.float32), "bfloat16")
    assert in_16_bits.dtype == tf.float32
    assert 0 < np.linalg.norm(in_16_bits - result) < 0.05 * np.linalg.norm(result)


def test_the_precision_of_a_run_applies_to_its_steps():
    from imgcls.config import Config
    from imgcls.training.loop.steps import optimizer_of

    assert optimizer_of(Config(optimizer="muon", precision="bfloat16"))._precision == "bfloat16"
    assert optimizer_of(Config(optimizer="muon", precision="float32"))._precision == "float32"


def test_a_zero_gradient_changes_no_direction():
    import tensorflow as tf

    from imgcls.training.loop.muon import orthogonalise

    assert not orthogonalise(tf.zeros((27, 8))).numpy().any()


def test_kernels_keep_their_norm_and_rotate_by_the_learning_rate(keras):
    import tensorflow as tf

    from imgcls.training.loop.muon import Muon

    generator = np.random.default_rng(0)
    kernel = keras.Variable(generator.normal(size=(3, 3, 4, 16)).astype(np.float32))
    offset = keras.Variable(np.ones(16, np.float32))
    optimizer = Muon(learning_rate=0.1)
    optimizer.build([kernel, offset])
    gradients = [tf.constant(generator.normal(size=value.shape).astype(np.float32)) for value in (kernel, offset)]
    for _ in range(5):
        before = keras.ops.convert_to_numpy(kernel)
        optimizer.apply_gradients(zip(gradients, (kernel, offset), strict=True))
        before *= 4 / np.linalg.norm(before)
        assert 0.05 < np.linalg.norm(keras.ops.convert_to_numpy(kernel) - before) / 4 < 0.14
    assert np.linalg.norm(keras.ops.convert_to_numpy(kernel)) == pytest.approx(4, rel=0.2)
    assert (keras.ops.convert_to_numpy(offset) != 1).all()


def test_a_small_convolutional_network_learns_with_it(keras):
    from imgcls.config import Config
    from imgcls.training import model_builder
    from imgcls.training.loop import steps

    keras.utils.set_random_seed(0)
    labels = np.arange(64, dtype=np.int32) % 2
    images = np.random.default_rng(0).integers(0, 100, (64, 8, 8, 1), dtype=np.uint8)
    images[labels == 1, :, 2] += 100
    config = Config(model="deep_cnn", model_settings={"width": 8}, optimizer="muon", learning_rate=0.1)
    model = model_builder.build(config, (8, 8, 1), 2, images)
    step, _ = steps.compile_steps(config, model, steps.optimizer_of(config))
    losses = [float(step(images, labels)[0]) for _ in range(15)]
    assert losses[-1] < 0.5 * losses[0]
