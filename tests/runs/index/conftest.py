"""Finished runs in an index of their own."""

import pytest

from imgcls.config import Config
from imgcls.runs import Run


@pytest.fixture
def add(make_run):
    """`add(id, accuracy, epochs=…, …)` makes a finished run."""

    def make(run_id: str, accuracy: float, created: float = 1e9, **settings) -> Run:
        result = {"version": 1, "outcome": "finished", "test_accuracy": accuracy, "val_accuracy": accuracy}
        files = {"config.json": Config(data="digits", **settings).as_dict(), "result.json": result}
        return make_run(run_id, **files, **{"trainer.json": {"first": created, "started": created, "ticket": "x"}})

    return make
