"""A test that hangs costs its time limit, not the whole run: also in a second try, and in a teardown."""

import subprocess
import sys

import pytest

from imgcls.system import paths

SECOND_TRY = """
import time
import pytest
tries = []
@pytest.mark.flaky(reruns=1)
@pytest.mark.timeout(1)
def test_it():
    tries.append(1)
    assert len(tries) > 1, "the first try"
    time.sleep(300)
def test_another():
    pass
"""
TEARDOWN = """
import time
import pytest
@pytest.fixture
def hanging():
    yield
    time.sleep(300)
@pytest.mark.timeout(1)
def test_it(hanging):
    raise AssertionError("a failure")
def test_another():
    pass
"""


@pytest.mark.parametrize(
    ("text", "ends"),
    [(SECOND_TRY, "1 failed, 1 passed, 1 rerun"), (TEARDOWN, "1 failed, 1 passed, 1 error")],
    ids=["second try", "teardown"],
)
def test_what_hangs_after_a_failure_is_ended(tmp_path, text, ends):
    file = tmp_path / "test_hanging.py"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "tests.support.time_limits"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(file)],
        cwd=paths.repository_folder(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ends in done.stdout, done.stdout
    assert "Timeout (>1.0s) from pytest-timeout" in done.stdout
