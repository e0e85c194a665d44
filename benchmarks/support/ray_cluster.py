"""A Ray cluster of two nodes on loopback. Needs the package: pip install "ray[default]"."""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.support.report_line import Missing

# Ray replaces 127.0.0.1 by the machine's outer address, and leaves other addresses alone.
HEAD, NODE = "127.0.0.2", "127.0.0.3"
START_SECONDS = 600
PORTS = ("dashboard-agent-listen", "dashboard-agent-grpc", "runtime-env-agent", "metrics-export")
STORE_BYTES = 100_000_000
"""Ray's object store, which jobs of ours do not use; by default it takes a third of the memory."""


def is_installed() -> bool:
    return importlib.util.find_spec("ray") is not None


class Cluster:
    """Nodes that each consist of the processes below one `ray start --block`.

    Args:
        slots: CPUs of a node, as Ray counts them.
    """

    def __init__(self, slots: int):
        self._slots = slots
        self._folder = Path(tempfile.mkdtemp(prefix="ray"))  # sockets need short paths
        self._nodes: dict[str, psutil.Popen] = {}
        self._port, self._dashboard = _free_port(HEAD), _free_port("127.0.0.1")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._dashboard}"

    def start(self) -> None:
        """Starts both nodes. Raises Missing if that takes too long."""
        dashboard = ["--dashboard-host=127.0.0.1", f"--dashboard-port={self._dashboard}"]
        self._start(HEAD, ["--head", f"--port={self._port}", f"--temp-dir={self._folder}", *dashboard])
        self._wait_for(1)
        self._start(NODE, [f"--address={HEAD}:{self._port}"])
        self._wait_for(2)

    def nodes(self) -> int:
        """How many nodes are alive; 0 until the head answers."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            found = self._ask("/nodes?view=summary")["data"]["summary"]
            return sum(node["raylet"].get("state") == "ALIVE" for node in found)
        return 0

    def jobs(self) -> dict[str, str]:
        """The state of each job that was submitted, by its number."""
        return {job["submission_id"]: job["status"] for job in self._ask("/api/jobs/")}

    def kill(self, address: str) -> None:
        """The node's machine goes down: everything on it is killed at once."""
        process = self._nodes.pop(address)
        family = [process, *process.children(recursive=True)]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(family, timeout=60)

    def close(self) -> None:
        for address in list(self._nodes):
            self.kill(address)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, address: str, options: list[str]) -> None:
        variables = {
            "IMGCLS_NODE": address,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_JOB_STOP_WAIT_TIME_S": "30",
            # On a busy machine, the default of a minute is not enough.
            "RAY_raylet_start_wait_time_s": str(START_SECONDS),
            "RAY_DASHBOARD_STARTUP_TIMEOUT_S": str(START_SECONDS),
            "RAY_agent_register_timeout_ms": str(1000 * START_SECONDS),
        }
        limits = [f"--num-cpus={self._slots}", f"--object-store-memory={STORE_BYTES}"]
        # Another cluster here has the default port, and for a port of its own choice Ray waits only a few seconds.
        ports = [f"--{name}-port={_free_port(address)}" for name in PORTS]
        words = ["start", "--block", f"--node-ip-address={address}", *limits, *ports, *options]
        with (self._folder / f"{address}.txt").open("wb") as output:
            self._nodes[address] = psutil.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", *words],
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def _wait_for(self, count: int) -> None:
        end = time.monotonic() + START_SECONDS
        while self.nodes() < count:
            for address, process in self._nodes.items():
                if process.poll() is not None or time.monotonic() > end:
                    output = (self._folder / f"{address}.txt").read_text("utf-8", errors="replace")
                    raise Missing(f"Ray did not start at {address}. {output[-500:]}")
            time.sleep(0.5)

    def _ask(self, path: str):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)


@contextlib.contextmanager
def two_nodes(slots: int) -> Iterator[Cluster]:
    """A running cluster. Raises Missing if it cannot be started."""
    if not is_installed():
        raise Missing('Ray is not installed. Run: pip install "ray[default]"')
    cluster = Cluster(slots)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def _free_port(address: str) -> int:
    with socket.socket() as free:
        free.bind((address, 0))
        return free.getsockname()[1]
