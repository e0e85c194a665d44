"""A limit on the requests of each client: a token bucket (a client saves up requests while it sends none)."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000
IPV6_PREFIX = 64
"""Bits of an IPv6 address that belong to one client: providers give each customer at least such a network."""


class RateLimit:
    """Called from one event loop only, so it needs no lock.

    Args:
        rate: Requests per second that a client may send on average.
        burst: Requests that it may send at once.
        clock: Seconds, monotonic.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic):
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, client: str) -> float:
        """0 if the client may send a request now, which is then counted; otherwise the seconds until it may."""
        name, now = network_of(client), self._clock()
        saved, since = self._buckets.pop(name, (self._burst, now))
        saved = min(self._burst, saved + (now - since) * self._rate)
        is_allowed = saved >= 1
        self._buckets[name] = saved - is_allowed, now
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if is_allowed else (1 - saved) / self._rate


def network_of(client: str) -> str:
    """What counts as one client: an IPv4 address, or the network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return client
