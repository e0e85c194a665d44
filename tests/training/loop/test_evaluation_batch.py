"""How many images are evaluated at once: large ones in smaller batches, so that they fit into memory."""

import pytest

from imgcls.training.loop.evaluate import batch_size


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((None, 28, 28, 1), 256),
        ((None, 224, 224, 3), 256),
        ((None, 512, 512, 3), 49),
        ((None, 5000, 5000, 3), 8),
        ((None, 1280), 256),
    ],
)
def test_large_images_are_evaluated_in_smaller_batches(shape, expected):
    assert batch_size(shape, 256) == expected
