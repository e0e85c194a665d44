"""A score below 1 is never shown as 100%."""

import pytest

from imgcls.evaluation.metrics.percent import percent
from imgcls.ui.widgets import formatting


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.973, 1, "97.3%"),
        (0.9995, 1, "99.9%"),
        (0.99996, 1, "99.9%"),
        (0.99996, 2, "99.99%"),
        (0.996, 0, "99%"),
        (1, 1, "100.0%"),
        (1.0, 0, "100%"),
        (0.0, 1, "0.0%"),
        (None, 1, "–"),
        (float("nan"), 1, "–"),
    ],
)
def test_only_one_is_a_hundred_percent(value, digits, text):
    assert percent(value, digits) == text


def test_pages_use_it():
    assert formatting.fraction(0.9996) == "99.9%"
