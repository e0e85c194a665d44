"""The token bucket of each client."""

import pytest

from imgcls.api.middleware import rate_limit
from imgcls.api.middleware.rate_limit import RateLimit, network_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_burst_is_allowed_before_the_rate_limit_applies(clock):
    limit = RateLimit(2.0, 3.0, clock)
    assert [limit.seconds_to_wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now = 0.5
    assert limit.seconds_to_wait("a") == 0
    assert limit.seconds_to_wait("a") == pytest.approx(0.5)


def test_idle_time_accumulates_at_most_one_burst(clock):
    limit = RateLimit(1.0, 2.0, clock)
    limit.seconds_to_wait("a")
    clock.now = 1e6
    assert [limit.seconds_to_wait("a") > 0 for _ in range(3)] == [False, False, True]


def test_one_client_does_not_slow_down_another(clock):
    limit = RateLimit(1.0, 1.0, clock)
    assert limit.seconds_to_wait("a") == 0 and limit.seconds_to_wait("a") > 0
    assert limit.seconds_to_wait("b") == 0


def test_the_number_of_tracked_clients_is_limited(clock, monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_CLIENTS", 10)
    limit = RateLimit(1.0, 1.0, clock)
    for number in range(100):
        limit.seconds_to_wait(f"10.0.0.{number}")
    assert len(limit._buckets) == 10


def test_addresses_in_one_ipv6_network_count_as_one_client():
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::7") != network_of("2001:db8:1:3::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("::ffff:192.0.2.1") != network_of("::ffff:192.0.2.2")
    assert network_of("") == ""
