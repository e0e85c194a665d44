"""A backbone run, and training runs on it."""

import pytest

from imgcls import runs
from imgcls.config import Config
from tests.support.processes.engine import has_ended


@pytest.fixture
def backbone_run(finished_run):
    return finished_run


@pytest.fixture
def trained(forks, backbone_run, wait_until):
    """`trained(config)` trains to the end and gives the run."""

    def train(config: Config, before: str = "", run: runs.Run | None = None) -> runs.Run:
        run = run or runs.create(config)
        process = forks.trainer(run, before)
        wait_until(lambda: has_ended(process), seconds=120)
        assert run.state == "finished", (run.result, (run.folder / "log.txt").read_text()[-3000:])
        return run

    return train
