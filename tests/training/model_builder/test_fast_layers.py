"""Faster layers: the same weights, outputs, gradients and statistics as Keras's own."""

import zipfile

import numpy as np
import pytest

from imgcls.config import Config

pytestmark = pytest.mark.usefixtures("keras")


@pytest.fixture
def quick(keras):
    from imgcls.training.model_builder import fast_layers

    return fast_layers


def noise(*shape: int, dtype="float32"):
    import tensorflow as tf

    return tf.cast(np.random.default_rng(len(shape)).normal(size=shape) + 0.3, dtype)


def layer_pair(keras, quick, kind: str, shape: tuple[int, ...], policy: str = "float32", **settings):
    """Keras's layer and the fast one with the same weights."""
    layers = [getattr(place, kind)(dtype=policy, **settings) for place in (keras.layers, quick)]
    for layer in layers:
        layer.build((None, *shape))
    generator = np.random.default_rng(7)
    weights = [generator.uniform(0.5, 1.5, value.shape) for value in layers[0].get_weights()]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def gradients_of(layer, inputs):
    """The output of a layer during training, and its gradients with respect to inputs and weights."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        values = layer(inputs, training=True)
        loss = tf.reduce_sum(tf.cast(values, tf.float32) ** 3)
    gradients = tape.gradient(loss, [inputs, *layer.trainable_variables])
    return [np.asarray(tf.cast(value, tf.float32)) for value in (values, *gradients)]


def test_all_other_layers_are_unmodified_keras_layers(keras, quick):
    assert quick.Dense is keras.layers.Dense
    assert quick.MaxPooling2D is keras.layers.MaxPooling2D
    with pytest.raises(AttributeError):
        quick.Conv5D  # noqa: B018


@pytest.mark.parametrize("settings", [{}, {"scale": False, "momentum": 0.6}, {"center": False}, {"epsilon": 0.1}])
def test_normalisation_trains_and_predicts_like_keras(keras, quick, settings):
    usual, fast = layer_pair(keras, quick, "BatchNormalization", (5, 4, 6), **settings)
    inputs = noise(7, 5, 4, 6)
    for one, other in zip(gradients_of(usual, inputs), gradients_of(fast, inputs), strict=True):
        assert np.allclose(one, other, rtol=1e-3, atol=1e-3)
    for one, other in zip(usual.get_weights(), fast.get_weights(), strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-6)  # the moving mean and variance, too
    assert np.allclose(usual(inputs, training=False), fast(inputs, training=False), rtol=1e-5, atol=1e-5)


def test_normalisation_of_vectors_and_frozen_layers_matches_keras(keras, quick):
    usual, fast = layer_pair(keras, quick, "BatchNormalization", (6,))
    assert np.allclose(usual(noise(9, 6), training=True), fast(noise(9, 6), training=True), atol=1e-5)
    usual, fast = layer_pair(keras, quick, "BatchNormalization", (3, 3, 6))
    usual.trainable = fast.trainable = False
    before = fast.get_weights()
    inputs = noise(9, 3, 3, 6)
    assert np.allclose(usual(inputs, training=True), fast(inputs, training=True), atol=1e-5)
    assert all((one == other).all() for one, other in zip(before, fast.get_weights(), strict=True))


@pytest.mark.parametrize(("count", "height", "width"), [(8, 6, 5), (5, 3, 15), (1, 1, 1)])
def test_a_wide_kernel_has_the_keras_gradient(keras, quick, monkeypatch, count, height, width):
    monkeypatch.setattr(quick, "MIN_CHANNELS", 8)
    monkeypatch.setattr(quick, "MIN_CHANNEL_PRODUCT", 8 * 12)
    used = []
    monkeypatch.setattr(
        quick, "_convolution", lambda *inputs, before=quick._convolution: used.append(1) or before(*inputs)
    )
    settings = {"filters": 12, "kernel_size": 3, "padding": "same"}
    usual, fast = layer_pair(keras, quick, "Conv2D", (height, width, 8), "mixed_bfloat16", **settings)
    inputs = noise(count, height, width, 8, dtype="bfloat16")
    pairs = list(zip(gradients_of(usual, inputs), gradients_of(fast, inputs), strict=True))
    assert used
    for one, other in pairs:
        assert one.shape == other.shape
        assert np.linalg.norm(one - other) < 0.02 * np.linalg.norm(one)  # bfloat16 has two to three digits


@pytest.mark.parametrize(
    ("shape", "policy", "settings"),
    [
        ((6, 6, 8), "float32", {}),
        ((16, 6, 8), "mixed_bfloat16", {}),
        ((6, 16, 8), "mixed_bfloat16", {}),
        ((6, 6, 4), "mixed_bfloat16", {"filters": 64}),
        ((6, 6, 8), "mixed_bfloat16", {"filters": 8}),
        ((6, 6, 8), "mixed_bfloat16", {"kernel_size": 5}),
        ((6, 6, 8), "mixed_bfloat16", {"strides": 2}),
        ((6, 6, 8), "mixed_bfloat16", {"padding": "valid"}),
        ((6, 6, 8), "mixed_bfloat16", {"dilation_rate": 2}),
        ((6, 6, 16), "mixed_bfloat16", {"groups": 2}),
    ],
)
def test_every_other_convolution_is_the_keras_layer(keras, quick, monkeypatch, shape, policy, settings):
    monkeypatch.setattr(quick, "MIN_CHANNELS", 8)
    monkeypatch.setattr(quick, "MIN_CHANNEL_PRODUCT", 8 * 12)
    monkeypatch.setattr(quick, "_convolution", None)
    settings = {"filters": 12, "kernel_size": 3, "padding": "same"} | settings
    usual, fast = layer_pair(keras, quick, "Conv2D", shape, policy, **settings)
    inputs = noise(2, *shape)
    assert (np.asarray(usual(inputs)) == np.asarray(fast(inputs))).all()


@pytest.mark.parametrize("model", ["deep_cnn", "resnet", "cnn"])
def test_the_training_model_shares_its_weights_with_the_saved_model(keras, quick, model):
    from imgcls.training import model_builder

    images = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)
    config = Config(model=model)
    learner = model_builder.build(config, (16, 16, 3), 4, images, for_training=True)
    kept = model_builder.build(config, (16, 16, 3), 4, images)
    assert not any(type(layer).__module__ == quick.__name__ for layer in kept.layers)
    if model != "cnn":
        assert any(type(layer).__module__ == quick.__name__ for layer in learner.layers)
    kept.set_weights(learner.get_weights())
    assert np.allclose(learner.predict_on_batch(images), kept.predict_on_batch(images), atol=1e-6)


def test_a_saved_model_contains_only_keras_layers(finished_run):
    with zipfile.ZipFile(finished_run.folder / "model.keras") as archive:
        described = archive.read("config.json").decode()
    assert '"Conv2D"' in described
    assert "imgcls" not in described
