"""A cluster that tests can break: its jobs are real processes, and its answers are what the test says.

`fake_slurm.py` and the HTTP server in places.py give it the face of Slurm and of Ray.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import filelock


class FakeCluster:
    """Jobs in a folder, so that Slurm's commands, which are processes of their own, see the same ones."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def settings(self) -> dict:
        try:
            return json.loads((self.folder / "settings.json").read_text())
        except FileNotFoundError:
            return {}

    def set(self, **values) -> None:
        (self.folder / "settings.json").write_text(json.dumps(self.settings() | values))

    def submit(self, number: str, command: list[str], environment: dict[str, str]) -> None:
        with self._alone():
            job = {"command": command, "environment": environment, "pid": None}
            (self.folder / f"job-{number}.json").write_text(json.dumps(job))
        self.start_jobs()

    def start_jobs(self) -> None:
        """Starts pending jobs if there is room."""
        with self._alone():
            if self.settings().get("hold"):
                return
            for path in self.folder.glob("job-*.json"):
                job = json.loads(path.read_text())
                if job["pid"] is None:
                    process = subprocess.Popen(
                        job["command"],
                        env={**os.environ, **job["environment"]},
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                        start_new_session=True,
                    )
                    path.write_text(json.dumps(job | {"pid": process.pid}))

    def states(self) -> dict[str, str]:
        """Number -> pending, running, or ended; or what the test says."""
        self.start_jobs()
        lie = self.settings().get("report")
        found = {}
        for path in self.folder.glob("job-*.json"):
            job = json.loads(path.read_text())
            state = "pending" if job["pid"] is None else "running" if _lives(job["pid"]) else "ended"
            found[path.stem.removeprefix("job-")] = lie or state
        return found

    def kill(self, number: str) -> bool:
        path = self.folder / f"job-{number}.json"
        if not path.exists():
            return False
        pid = json.loads(path.read_text())["pid"]
        if pid is None:
            path.unlink()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return True

    def forget(self) -> None:
        for path in self.folder.glob("job-*.json"):
            path.unlink()

    def close(self) -> None:
        for number in self.states():
            self.kill(number)

    def _alone(self):
        return filelock.FileLock(self.folder / "lock")


def _lives(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


SLURM = {"pending": "PENDING", "running": "RUNNING", "ended": "COMPLETED", "failed": "FAILED", "succeeded": "COMPLETED"}


def slurm_command(name: str, words: list[str], cluster: FakeCluster, toy: list[str]) -> int:
    """One of Slurm's commands, as far as the backend uses it."""
    if not cluster.settings().get("network", True):
        print(f"{name}: error: Unable to contact slurm controller (connect failure)", file=sys.stderr)
        return 1
    if name == "sbatch":
        lines = Path(words[-1]).read_text().splitlines()
        folder = lines[-1].split()[-1].strip("'")
        if Path(folder).name in cluster.settings().get("refused", ()):
            print("sbatch: error: Requested node configuration is not available", file=sys.stderr)
            return 1
        exports = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        number = str(1 + len(list(cluster.folder.glob("number-*"))))
        (cluster.folder / f"number-{number}").touch()
        environment = {key: value.strip("'") for key, value in exports.items()}
        cluster.submit(number, [*toy, folder, str(cluster.settings().get("seconds"))], environment)
        print(number)
    elif name == "squeue":
        for number, state in cluster.states().items():
            print(f"{number}|{SLURM[state]}|{'Priority' if state == 'pending' else 'None'}")
    elif name == "scancel":
        cluster.kill(words[-1])
    return 0


if __name__ == "__main__":
    command, where, python, script, *rest = sys.argv[1:]
    sys.exit(slurm_command(command, rest, FakeCluster(Path(where)), [python, script]))
