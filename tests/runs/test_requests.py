"""Requests to a running training: any file content is a valid request or an empty one."""

import itertools
import json
import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imgcls.runs import requests
from imgcls.runs.requests import RunRequest


def test_a_request_survives_a_file_round_trip(tmp_path):
    request = RunRequest(stop=False, pause=True, learning_rate=0.02, early_stopping=False)
    request.write(tmp_path)
    assert RunRequest.of(json.loads((tmp_path / requests.NAME).read_text())) == request
    assert [path.name for path in tmp_path.iterdir()] == ["request.json"]


def test_an_empty_file_requests_nothing():
    assert (
        RunRequest()
        == RunRequest.of({})
        == RunRequest(stop=False, pause=False, learning_rate=None, early_stopping=None)
    )


@pytest.mark.parametrize("values", [None, 3, "stop", [], [["stop", True]], True])
def test_a_file_without_a_json_object_requests_nothing(values):
    assert RunRequest.of(values) == RunRequest()


@pytest.mark.parametrize("value", [1, 0, "true", "yes", None, [True], {}])
def test_only_true_counts_as_a_request(value):
    assert RunRequest.of({"stop": value, "pause": value, "early_stopping": value}) == RunRequest()
    wishes = {"stop": True, "pause": True, "early_stopping": True}
    assert RunRequest.of(wishes) == RunRequest(**wishes)


@pytest.mark.parametrize("number", [True, "1", 1.5, None, [1], {}])
def test_an_invalid_number_counts_as_zero(number):
    assert RunRequest.of({"rate_number": number}) == RunRequest()
    assert RunRequest.of({"rate_number": 3}) == RunRequest(rate_number=3)


@pytest.mark.parametrize("rate", [1e-6, 0.1, 1, 1e6])
def test_a_learning_rate_within_range_is_accepted(rate):
    taken = RunRequest.of({"learning_rate": rate}).learning_rate
    assert taken == rate
    assert isinstance(taken, float)


@pytest.mark.parametrize(
    "rate", [0, -0.1, 9e-7, 1.1e6, float("nan"), float("inf"), True, "0.1", None, [0.1], 10**400, -(10**400)]
)
def test_an_invalid_learning_rate_is_ignored(rate):
    assert RunRequest.of({"learning_rate": rate, "pause": True}) == RunRequest(pause=True)


def test_changing_one_request_keeps_the_others():
    assert RunRequest(pause=True, learning_rate=0.1).changed(pause=False, stop=True) == RunRequest(
        stop=True, learning_rate=0.1
    )


def test_the_stamp_distinguishes_consecutive_requests(tmp_path):
    assert requests.stamp(tmp_path) == ()
    stamps = []
    for _ in range(20):
        RunRequest(pause=True).write(tmp_path)
        os.utime(tmp_path / requests.NAME, (5, 5))  # a frozen clock
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
def test_any_file_content_gives_a_valid_request(values):
    request = RunRequest.of(values)
    assert request.stop in (True, False)
    assert request.learning_rate is None or 1e-6 <= request.learning_rate <= 1e6
    assert RunRequest.of(json.loads(json.dumps(request.__dict__))) == request
