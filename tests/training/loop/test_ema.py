"""The moving average of the weights: its values in closed form, applying and undoing it, checkpoints."""

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("keras")


@pytest.fixture
def variable(keras):
    return keras.Variable(np.zeros((2, 3), np.float32))


def running_mean(variables, fraction):
    from imgcls.training.loop.steps import weight_average

    return weight_average(variables, fraction)


def expected(values: list[float], fraction: float) -> float:
    mean = 0.0
    for count, value in enumerate(values, start=1):
        stays = min(fraction, count / (count + 9))
        mean = stays * mean + (1 - stays) * value
    return mean


def follow(mean, variable, values) -> None:
    for value in values:
        variable.assign(np.full((2, 3), value, np.float32))
        mean.add()


def value_of(mean) -> float:
    array = mean.arrays()[1]
    assert (array == array.flat[0]).all()
    return float(array.flat[0])


def test_the_first_steps_have_a_higher_weight(variable):
    mean = running_mean([variable], 0.99)
    follow(mean, variable, [10.0])
    assert value_of(mean) == pytest.approx(9.0)  # a tenth of the initial value remains
    follow(mean, variable, [0.0])
    assert value_of(mean) == pytest.approx(9.0 * 2 / 11)


@pytest.mark.parametrize("fraction", [0.5, 0.9, 0.99])
def test_the_average_is_exponential(variable, fraction):
    values = np.random.default_rng(0).normal(size=300).round(3).tolist()
    mean = running_mean([variable], fraction)
    follow(mean, variable, values)
    assert value_of(mean) == pytest.approx(expected(values, fraction), abs=1e-5)


def test_constant_weights_equal_their_average(variable):
    variable.assign(np.full((2, 3), 5.0, np.float32))
    mean = running_mean([variable], 0.9)
    follow(mean, variable, [5.0] * 20)
    assert value_of(mean) == 5


def test_the_average_replaces_the_weights_inside_the_context_only(variable):
    mean = running_mean([variable], 0.9)
    follow(mean, variable, [10.0])
    with mean.applied():
        assert variable.numpy().tolist() == [[9.0] * 3] * 2
    assert variable.numpy().tolist() == [[10.0] * 3] * 2
    assert value_of(mean) == pytest.approx(9.0)


def test_an_error_within_the_context_still_restores_the_weights(variable):
    mean = running_mean([variable], 0.9)
    follow(mean, variable, [10.0])
    with pytest.raises(ZeroDivisionError), mean.applied():
        raise ZeroDivisionError
    assert variable.numpy().tolist() == [[10.0] * 3] * 2


def test_an_average_restored_from_a_checkpoint_is_identical(keras, variable):
    values = np.random.default_rng(1).normal(size=12).tolist()
    other = keras.Variable(np.zeros((2, 3), np.float32))
    whole, first, second = (running_mean([one], 0.95) for one in (variable, other, other))
    follow(whole, variable, values)
    follow(first, other, values[:5])
    kept = first.arrays()
    follow(first, other, [99.0])  # the stored value no longer changes
    second.set_arrays(kept)
    follow(second, other, values[5:])
    assert [array.tobytes() for array in second.arrays()] == [array.tobytes() for array in whole.arrays()]
