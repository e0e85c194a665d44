"""Counters and durations of this process for Prometheus, in its text format."""

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
prometheus_client.disable_created_metrics()  # a time stamp beside each value, which no dashboard plots
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper limits in seconds."""


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self._registry)
        prometheus_client.PlatformCollector(registry=self._registry)
        self.requests = Counter(
            "imgcls_http_requests",
            "Requests by route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "imgcls_http_request_seconds",
            "Time from the request to the end of its answer.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.images = Counter(
            "imgcls_images", "Classified images by model and outcome.", ("model", "outcome"), registry=self._registry
        )

    def text(self) -> bytes:
        """All values, as Prometheus reads them."""
        return prometheus_client.generate_latest(self._registry)
