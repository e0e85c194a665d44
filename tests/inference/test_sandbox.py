"""The process that runs foreign models: its limits apply, and it ends when it exceeds them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.inference.sandbox import Sandbox, limits
from tests.support.foreign_models import linear_onnx

MODULE = "imgcls.inference.sandbox.runner"
LIMITED = "from imgcls.inference.sandbox import limits; limits.isolate(); limits.apply({memory}, {written}); {then}"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="these limits are those of Linux")


def limited(then: str, *, memory: int = 200_000_000, written: int = 0) -> subprocess.CompletedProcess:
    code = LIMITED.format(memory=memory, written=written, then=then)
    root = Path(__file__).parents[2]
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)


@on_linux
@pytest.mark.parametrize(
    ("then", "error"),
    [
        ("bytearray(300_000_000)", "MemoryError"),
        ("open('/tmp/imgcls-never', 'w').write('x' * 100_000)", "File too large"),
        ("[open('/dev/null') for _ in range(100)]", "Too many open files"),
    ],
)
def test_a_sandboxed_process_cannot(then, error, tmp_path):
    then = then.replace("/tmp/imgcls-never", str(tmp_path / "never"))
    found = limited(then)
    assert found.returncode and error in found.stderr


@on_linux
def test_a_sandbox_has_its_own_network_namespace_or_says_that_it_has_none():
    with Sandbox(MODULE, 1_000_000_000) as sandbox:
        network = Path(f"/proc/{sandbox._process.pid}/ns/net").readlink()
    assert (network != Path("/proc/self/ns/net").readlink()) == limits.can_leave_network()


@on_linux
def test_a_network_that_cannot_be_taken_away_is_reported(monkeypatch):
    monkeypatch.setattr(limits, "can_leave_network", lambda: False)
    assert "take the network away" in limits.unavailable()


@on_linux
def test_the_cpu_time_of_a_request_is_limited():
    found = limited("limits.allow_seconds(0.0)\nwhile True: pass")
    assert found.returncode < 0


def test_environment_secrets_are_not_passed_to_the_sandbox(monkeypatch):
    monkeypatch.setenv("CLOUD_PASSWORD", "secret")
    with Sandbox(MODULE, 1_000_000_000) as sandbox:
        assert "CLOUD_PASSWORD" not in sandbox._environment()


def test_exceeding_the_memory_limit_ends_the_sandbox():
    with pytest.raises(RunError, match=r"more than 0\.0 GB of memory"):
        Sandbox(MODULE, 1_000_000)


def test_an_ended_sandbox_is_reported():
    sandbox = Sandbox(MODULE, 1_000_000_000)
    assert sandbox.is_alive
    sandbox.close()
    assert not sandbox.is_alive
    with pytest.raises(RunError, match="has ended"):
        sandbox.ask({"do": "open", "format": "onnx"}, b"", 1.0)


def test_several_batches_of_any_size_go_through_one_process():
    content = linear_onnx([1, 2, 2], np.eye(4), np.zeros(4))
    with Sandbox(MODULE, 1_000_000_000) as sandbox:
        header, _ = sandbox.ask({"do": "open", "format": "onnx"}, content, 30.0)
        assert header["inputs"] == [[[None, 1, 2, 2], "float32"]] and header["parameters"] == 20
        for count in (3, 1):
            images = np.arange(4 * count, dtype=np.float32).reshape(count, 1, 2, 2)
            request = {"do": "run", "shape": list(images.shape), "dtype": "float32"}
            reply, found = sandbox.ask(request, images.tobytes(), 10.0)
            assert reply["shape"] == [count, 4]
            assert np.array_equal(np.frombuffer(found, np.float32).reshape(count, 4), images.reshape(count, 4))
