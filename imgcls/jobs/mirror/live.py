"""Curve and sign of life of a run go on while its files are copied: a checkpoint or a dataset may take minutes."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

SECONDS = 1.0
SMALL_BYTES = 250_000
"""A file up to this size is copied without a thread, since that takes no longer than a request."""


class Live:
    """Calls `show` about every second, however large or many the files are that are transferred."""

    def __init__(self, show: Callable[[], object]):
        self._show = show
        self._shown = -SECONDS

    def update(self) -> None:
        """Shows what is new now."""
        self._show()
        self._shown = time.monotonic()

    def transfer(self, copy: Callable[[], object], size: int | None = None) -> None:
        """Calls `copy`, which transfers `size` bytes, or an unknown number of them."""
        if size is not None and size <= SMALL_BYTES:
            copy()
            if time.monotonic() - self._shown >= SECONDS:
                self.update()
            return
        with ThreadPoolExecutor(1, thread_name_prefix="transfer") as pool:
            job = pool.submit(copy)
            while wait([job], SECONDS).not_done:
                self.update()
            job.result()
