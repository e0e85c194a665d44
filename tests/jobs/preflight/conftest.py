"""No check outlives its test."""

import pytest

from tests.support.processes.engine import kill
from tests.support.runs.preflight_checks import processes


@pytest.fixture(autouse=True)
def kill_remaining_processes(own_folders):
    yield
    for process in processes():
        kill(process)
