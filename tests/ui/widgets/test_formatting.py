"""Numbers and times as pages show them."""

import pytest

from imgcls.ui.widgets import formatting

DAY = 86_400.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (59, "just now"),
        (61, "1 minute ago"),
        (2 * 3600, "2 hours ago"),
        (DAY, "1 day ago"),
        (59 * DAY, "59 days ago"),
        (60 * DAY, "2 months ago"),
        (364 * DAY, "12 months ago"),
        (365 * DAY, "1 year ago"),
        (1111 * DAY, "3 years ago"),
    ],
)
def test_an_age_has_the_largest_unit_that_fits(seconds, text, monkeypatch):
    monkeypatch.setattr(formatting.time, "time", lambda: 2e9)
    assert formatting.age(2e9 - seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-5, "0.00001"),
        (2.5e-7, "0.00000025"),
        (1e-12, "1e-12"),
        (0.001, "0.001"),
        (0.0, "0"),
        (64.0, "64"),
        (1e7, "1e+07"),
    ],
)
def test_a_setting_is_written_as_it_is_typed(value, text):
    assert formatting.setting(value) == text
