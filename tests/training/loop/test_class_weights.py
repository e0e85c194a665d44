"""Class weights: inverse frequency, as Keras itself applies them, recorded, and the same after a resume."""

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.training.loop.batches import Subset
from tests.support.training.toys import toy

pytestmark = pytest.mark.usefixtures("keras")

LABELS = np.array([0] * 24 + [1] * 6 + [2] * 2, np.int32)
PLAIN = {"units": 8, "hidden_layers": 1, "dropout": 0.0}


def settings(**changes) -> Config:
    common = {"model": "ann", "model_settings": PLAIN, "optimizer": "sgd", "learning_rate": 0.1, "class_weights": True}
    return Config(**common | changes)


def test_a_weight_is_the_inverse_of_the_frequency_and_their_mean_over_images_is_one():
    from imgcls.training.loop.class_weights import class_weights

    weights = class_weights(settings(), LABELS, 3)
    assert weights.dtype == np.float32
    assert weights.tolist() == pytest.approx([32 / 72, 32 / 18, 32 / 6])
    assert weights[LABELS].mean() == pytest.approx(1)
    assert class_weights(settings(class_weights=False), LABELS, 3) is None


def test_weights_match_scikit_learn_balanced():
    from sklearn.utils.class_weight import compute_class_weight

    from imgcls.training.loop.class_weights import class_weights

    expected = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    assert class_weights(settings(), LABELS, 3).tolist() == pytest.approx(expected.tolist())


def test_a_class_without_training_images_has_no_weight():
    from imgcls.training.loop.class_weights import class_weights

    assert class_weights(settings(), np.array([0, 0, 2]), 4).tolist() == [0.75, 0, 1.5, 0]


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_a_weighted_step_matches_keras(keras, loss):
    from imgcls.training import model_builder
    from imgcls.training.loop import steps
    from imgcls.training.loop.class_weights import class_weights

    images = np.random.default_rng(0).integers(0, 256, (32, 6, 6, 1), dtype=np.uint8)
    config = settings(loss=loss)
    keras.utils.set_random_seed(0)
    model = model_builder.build(config, (6, 6, 1), 3, images)
    before = model.get_weights()
    weights = class_weights(config, LABELS, 3)
    train_step, eval_step = steps.compile_steps(config, model, steps.optimizer_of(config), weights)
    losses = [float(train_step(images, LABELS)[0]) for _ in range(3)]
    ours = model.get_weights()
    evaluated = float(eval_step(images, LABELS)[0])

    model.set_weights(before)
    logits = model_builder.logits_of(model)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    logits.compile(optimizer=steps.optimizer_of(config), loss=cross_entropy)
    by_class = dict(enumerate(weights.tolist()))
    theirs = [float(logits.train_on_batch({"images": images}, LABELS, class_weight=by_class)) for _ in range(3)]
    assert losses == pytest.approx(theirs, rel=1e-5)
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(ours, model.get_weights(), strict=True))
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(ours, before, strict=True))
    # The evaluation loss is not weighted: Evaluate shows it.
    assert evaluated == pytest.approx(float(cross_entropy(LABELS, logits({"images": images}))), rel=1e-5)


def test_the_loop_weights_by_its_training_split_and_resumes_exactly(keras, make_loop):
    config = settings(epochs=4, batch_size=4, early_stopping=False)
    labels = np.arange(48) % 3
    rows = np.flatnonzero((labels != 2) | (np.arange(48) < 12))
    uneven = Subset.of(toy(48).images, labels, rows)
    assert np.bincount(uneven.labels).tolist() == [16, 16, 4]

    def trained(config, *, restored=None):
        loop = make_loop(config, training=uneven)
        if restored:
            loop.restore(restored)
        loop.run()
        return loop

    whole = trained(config)
    halfway = trained(config.changed(epochs=2))
    resumed = trained(config, restored=halfway.checkpoint())
    unweighted = trained(config.changed(class_weights=False))
    pairs = zip(whole.model.get_weights(), resumed.model.get_weights(), unweighted.model.get_weights(), strict=True)
    differs = False
    for expected, found, other in pairs:
        assert np.array_equal(expected, found)
        differs |= not np.allclose(expected, other, atol=1e-4)
    assert differs, "the weights have an effect"
