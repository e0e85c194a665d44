"""The bytes of a head are replaced in a file only where it is certain which they are."""

import numpy as np
import pytest


@pytest.fixture
def template(keras):
    from imgcls.training.export.head_swap import Template

    return Template


def test_arrays_are_replaced_and_everything_else_stays(template):
    first, other = np.arange(4, dtype=np.float32), np.arange(5, 8, dtype=np.float32)
    content = b"begin" + first.tobytes() + b"middle" + other.tobytes() + b"end"
    filled = template(content, [other, first]).filled([other + 1, first - 1])
    assert filled == b"begin" + (first - 1).tobytes() + b"middle" + (other + 1).tobytes() + b"end"


@pytest.mark.parametrize("times", [0, 2])
def test_arrays_that_are_not_there_exactly_once_are_refused(template, times):
    array = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match="not unique"):
        template(b"begin" + array.tobytes() * times + b"end", [array])


def test_an_array_of_another_size_is_refused(template):
    array = np.arange(3, dtype=np.float32)
    with pytest.raises(ValueError, match="another size"):
        template(array.tobytes(), [array]).filled([np.arange(4, dtype=np.float32)])
