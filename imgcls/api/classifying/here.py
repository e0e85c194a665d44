"""Classify in threads of this process."""

import os

import anyio

from imgcls.api import classifying
from imgcls.api.classifying import Classified, Given
from imgcls.inference import load_predictor
from imgcls.runs import Run
from imgcls.runs.results import ModelCard


class Here:
    """A `Classifier` that computes in threads, at most as many at a time as there are cores."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(os.cpu_count() or 1)  # more at once would only need more memory

    async def classified(self, run: Run, card: ModelCard, given: Given) -> Classified:
        """See `Classifier`."""
        return await anyio.to_thread.run_sync(classifying.classified, run, card, given, limiter=self._limiter)

    async def check(self, run: Run) -> None:
        """See `Classifier`."""
        await anyio.to_thread.run_sync(load_predictor, run, limiter=self._limiter)

    def load(self, run: Run) -> None:
        """See `Classifier`."""
        classifying.load(run)

    def close(self) -> None:
        """See `Classifier`: nothing was started."""
