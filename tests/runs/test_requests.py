"""What a person asks of a running training: whatever the file holds, it is a request or nothing."""

import itertools
import json
import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imgcls.runs import requests
from imgcls.runs.requests import RunRequest


def test_a_request_survives_the_way_through_its_file(tmp_path):
    request = RunRequest(stop=False, pause=True, learning_rate=0.02, early_stopping=False)
    request.write(tmp_path)
    assert RunRequest.of(json.loads((tmp_path / requests.NAME).read_text())) == request
    assert [path.name for path in tmp_path.iterdir()] == ["request.json"]


def test_nothing_is_asked_where_nothing_is_said():
    assert (
        RunRequest()
        == RunRequest.of({})
        == RunRequest(stop=False, pause=False, learning_rate=None, early_stopping=None)
    )


@pytest.mark.parametrize("values", [None, 3, "stop", [], [["stop", True]], True])
def test_what_is_no_table_asks_nothing(values):
    assert RunRequest.of(values) == RunRequest()


@pytest.mark.parametrize("value", [1, 0, "true", "yes", None, [True], {}])
def test_only_true_is_a_wish(value):
    assert RunRequest.of({"stop": value, "pause": value, "early_stopping": value}) == RunRequest()
    wishes = {"stop": True, "pause": True, "early_stopping": True}
    assert RunRequest.of(wishes) == RunRequest(**wishes)


@pytest.mark.parametrize("number", [True, "1", 1.5, None, [1], {}])
def test_a_number_that_is_none_is_the_first(number):
    assert RunRequest.of({"rate_number": number}) == RunRequest()
    assert RunRequest.of({"rate_number": 3}) == RunRequest(rate_number=3)


@pytest.mark.parametrize("rate", [1e-6, 0.1, 1, 1e6])
def test_a_learning_rate_within_the_range_of_the_setting_is_taken(rate):
    taken = RunRequest.of({"learning_rate": rate}).learning_rate
    assert taken == rate
    assert isinstance(taken, float)


@pytest.mark.parametrize(
    "rate", [0, -0.1, 9e-7, 1.1e6, float("nan"), float("inf"), True, "0.1", None, [0.1], 10**400, -(10**400)]
)
def test_a_learning_rate_that_is_none_is_as_if_it_had_not_been_asked(rate):
    assert RunRequest.of({"learning_rate": rate, "pause": True}) == RunRequest(pause=True)


def test_a_wish_is_changed_and_the_others_stay():
    assert RunRequest(pause=True, learning_rate=0.1).changed(pause=False, stop=True) == RunRequest(
        stop=True, learning_rate=0.1
    )


def test_the_stamp_tells_every_request_from_the_one_before(tmp_path):
    assert requests.stamp(tmp_path) == ()
    stamps = []
    for _ in range(20):
        RunRequest(pause=True).write(tmp_path)
        os.utime(tmp_path / requests.NAME, (5, 5))  # a clock that stands still
        stamps.append(requests.stamp(tmp_path))
        assert requests.stamp(tmp_path) == stamps[-1]
    assert all(before != after for before, after in itertools.pairwise(stamps))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@given(
    ANYTHING
    | st.dictionaries(st.sampled_from(["stop", "pause", "learning_rate", "rate_number", "early_stopping"]), ANYTHING)
)
@example({"learning_rate": 10**400})
def test_whatever_the_file_holds_it_is_a_request(values):
    request = RunRequest.of(values)
    assert request.stop in (True, False)
    assert request.learning_rate is None or 1e-6 <= request.learning_rate <= 1e6
    assert RunRequest.of(json.loads(json.dumps(request.__dict__))) == request
