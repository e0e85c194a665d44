"""Says every ten minutes how many tests have ended and which ones are under way.

Whoever ends a run from outside, as CI does after its limit, finds in its output where it was.
"""

import threading
import time
from collections.abc import Iterator

import pytest

MINUTES = 10


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # workers have no terminal
        config.pluginmanager.register(UnderWay(config), "under-way")


class UnderWay:
    """Counts the tests that begin and end in all workers."""

    def __init__(self, config: pytest.Config):
        self._config = config
        self._began = time.monotonic()
        self._open: dict[str, float] = {}
        self._ended = 0
        self._over = threading.Event()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._open[nodeid] = time.monotonic()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._open.pop(nodeid, None)
        self._ended += 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        threading.Thread(target=self._report, daemon=True).start()
        try:
            return (yield)
        finally:
            self._over.set()

    def _report(self) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        while not self._over.wait(MINUTES * 60):
            terminal.write_line(f"\n{self.summary(time.monotonic())}")

    def summary(self, now: float) -> str:
        """How far the run is at this time of the monotonic clock."""
        tests = [f"{name} ({now - start:.0f} s)" for name, start in list(self._open.items())]
        return f"{(now - self._began) / 60:.0f} min: {self._ended:,} tests ended; under way: {', '.join(tests)}"
