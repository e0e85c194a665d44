"""A linear head trained with NumPy becomes what Keras would have made of it."""

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.models import families
from imgcls.training.loop.batches import Subset
from imgcls.training.transfer import heads, linear_head

FEATURES, CLASSES, STEPS = 24, 5, 60


def settings(dropout: float = 0.0, **changes) -> Config:
    return Config(model="transfer", model_settings={"dropout": dropout}, batch_size=32, **changes)


@pytest.fixture
def both(keras):
    """`both(config, labels)`: the same untrained head in NumPy and in Keras, standardised and with some weights."""
    from imgcls.training import model_builder
    from imgcls.training.loop import steps

    def make(config: Config, labels: np.ndarray):
        ours = linear_head.trainable(config, FEATURES, CLASSES, labels)
        head = model_builder.head(config, FEATURES, CLASSES, labels.ndim == 2)
        theirs = steps.trainable(config, head, labels)
        draw = np.random.default_rng(5)
        weights = [draw.normal(3, 1, FEATURES), draw.uniform(1, 9, FEATURES)]
        weights += [draw.normal(0, 0.1, (FEATURES, CLASSES)), draw.normal(0, 0.1, CLASSES)]
        for one in (ours, theirs):
            one.model.set_weights([weight.astype(np.float32) for weight in weights])
        return ours, theirs

    return make


def problem(*, is_multilabel: bool) -> Subset:
    draw = np.random.default_rng(0)
    features = draw.normal(3, 2, (400, FEATURES)).astype(np.float32)
    scores = features @ draw.normal(size=(FEATURES, CLASSES)) + draw.normal(0, 3, (400, CLASSES))
    labels = scores > 4 if is_multilabel else scores.argmax(1)
    return Subset(features, np.arange(400), labels.astype(np.int32))


def batches(subset: Subset):
    draw = np.random.default_rng(1)
    for _ in range(STEPS):
        yield subset.take(draw.integers(0, len(subset), 32))


@pytest.mark.parametrize("is_multilabel", [False, True], ids=["classes", "labels"])
@pytest.mark.parametrize(
    "changes",
    [
        *({"optimizer": name} for name in linear_head.RULES),
        {"optimizer": "adamw", "weight_decay": 0.1, "learning_rate": 0.01},
        {"optimizer": "sgd", "weight_decay": 0.01, "class_weights": True},
        {"label_smoothing": 0.2, "class_weights": True},
        {"loss": "sparse_categorical_crossentropy", "ema_decay": 0.9},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_steps_are_those_of_keras(both, changes, is_multilabel):
    config, subset = settings(**changes), problem(is_multilabel=is_multilabel)
    ours, theirs = both(config, subset.labels)
    averages = [one.average(config.ema_decay or 0.5) for one in (ours, theirs)]
    for number, (features, labels) in enumerate(batches(subset)):
        for one in (ours, theirs):
            one.rate_setter()(config.learning_rate / (1 + number))
        found = [[float(value) for value in one.train_step(features, labels)] for one in (ours, theirs)]
        assert found[0] == pytest.approx(found[1], rel=1e-4, abs=1e-5)
        for average in averages:
            average.add()
    for mine, its in (
        (ours.model.variables, theirs.model.variables),
        (ours.optimizer.variables, theirs.optimizer.variables),
    ):
        for value, expected in zip(mine, its, strict=True):
            np.testing.assert_allclose(value.numpy(), np.asarray(expected.numpy()), atol=1e-4)
    for value, expected in zip(averages[0].arrays(), averages[1].arrays(), strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-4)
    for average in averages:
        with average.applied():
            pass
    mine, its = (one.eval_step(subset.images, subset.labels) for one in (ours, theirs))
    for value, expected in zip(mine, its, strict=True):
        np.testing.assert_allclose(np.asarray(value), np.asarray(expected), atol=1e-4)
    np.testing.assert_allclose(
        ours.model.predict_on_batch(subset.images), theirs.model.predict_on_batch(subset.images), atol=1e-4
    )


@pytest.mark.parametrize("optimizer", linear_head.RULES)
def test_a_checkpoint_has_the_variables_of_keras(both, optimizer):
    ours, theirs = both(settings(0.2, optimizer=optimizer), problem(is_multilabel=False).labels)
    for mine, its in (
        (ours.model.variables, theirs.model.variables),
        (ours.optimizer.variables, theirs.optimizer.variables),
    ):
        assert [value.numpy().shape for value in mine] == [tuple(value.shape) for value in its]
        assert [value.numpy().dtype.kind for value in mine] == [np.dtype(value.dtype).kind for value in its]
        for value, other in zip(mine, its, strict=True):
            value.assign(np.asarray(other.numpy()))  # written by a version that trained with Keras


def test_dropout_hides_as_many_features_and_differs_at_every_step(both):
    config, subset = settings(0.25), problem(is_multilabel=False)
    ours, theirs = both(config, subset.labels)
    found = []
    for one in (ours, theirs):
        one.rate_setter()(0.0)  # the weights stay
        found.append([float(one.train_step(subset.images, subset.labels)[0]) for _ in range(40)])
    assert len(set(found[0])) == 40
    assert np.mean(found[0]) == pytest.approx(np.mean(found[1]), rel=0.03)
    assert np.std(found[0]) == pytest.approx(np.std(found[1]), rel=0.5)
    evaluated = [float(one.eval_step(subset.images, subset.labels)[0]) for one in (ours, theirs)]
    assert evaluated[0] == pytest.approx(evaluated[1], abs=1e-5), "nothing is hidden then"


def test_dropout_follows_from_seed_and_step():
    subset = problem(is_multilabel=False)

    def losses(seed: int, steps: int, state=None):
        one = linear_head.trainable(settings(0.5, seed=seed), FEATURES, CLASSES, subset.labels)
        if state is not None:
            for variable, value in zip(one.model.variables, state, strict=True):
                variable.assign(value)
        one.rate_setter()(0.0)
        found = [one.train_step(subset.images, subset.labels)[2] for _ in range(steps)]
        return found, [variable.numpy() for variable in one.model.variables]

    whole, _ = losses(3, 6)
    first, state = losses(3, 2)
    rest, _ = losses(3, 4, state)
    assert first + rest == whole
    assert losses(4, 6)[0] != whole


def test_what_numpy_does_not_know_is_left_to_keras(keras):
    labels = problem(is_multilabel=False).labels
    hidden = Config(model="transfer", model_settings={"head_units": 64})
    for config in (settings(optimizer="nadam"), settings(optimizer="muon"), hidden):
        assert not linear_head.suits(config)
    from imgcls import datasets

    head = heads.trainable(hidden, FEATURES, datasets.facts("digits"), labels)
    assert isinstance(head.model, keras.Model)


def test_initialising_is_that_of_the_family(keras):
    from imgcls.training import model_builder

    subset = problem(is_multilabel=False)
    ours = linear_head.trainable(settings(), FEATURES, CLASSES, subset.labels).model
    theirs = model_builder.head(settings(), FEATURES, CLASSES)
    heads.initialise(settings(), ours, subset.images)
    families.transfer.initialise(theirs, subset.images)
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, atol=1e-6)


def test_a_loss_that_overflows_is_not_a_number(recwarn):
    subset = problem(is_multilabel=False)
    one = linear_head.trainable(settings(learning_rate=1e6, optimizer="sgd"), FEATURES, CLASSES, subset.labels)
    found = [one.train_step(1e30 * subset.images, subset.labels)[0] for _ in range(4)]
    assert not np.isfinite(found[-1])
    assert not recwarn.list
