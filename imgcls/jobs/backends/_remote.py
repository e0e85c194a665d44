"""What all clusters have in common. A cluster runs `python -m imgcls.training RUN_FOLDER` where the folder is seen.

A cluster's word about a job counts only until the trainer's first heartbeat; from then on the run folder tells the
truth. `trainer.json` holds the job's number, so that the next queue process knows it.
"""

import contextlib
import json
import os
import sys
import time
from dataclasses import dataclass
from typing import Any, Protocol

from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.jobs.backends import Unreachable
from imgcls.runs import Run, all_runs
from imgcls.system import atomic, json_files, nodes, paths

MOST_RUNS = 16
"""So many runs are handed to a cluster at a time, unless IMGCLS_TRAININGS says otherwise."""
POLL_SECONDS = 1.5
"""Less than the queue takes between two rounds, so that every round asks."""
CERTAIN_SECONDS = 5.0
"""A job that the cluster does not know, or says has ended, is gone without a heartbeat for this long: a new job is not
listed at once, and a network file system shows new files late. If that takes longer, nothing is lost: a heartbeat seen
later shows the run as running again, and of two trainers one ends itself."""
PASSED_ON = ("DATA", "CACHE", "OWN_DATA", "WEIGHTS", "WEIGHTS_URL", "FEATURES_GB", "PARK_SECONDS", "OUTAGE_SECONDS")
"""The variables IMGCLS_* of the app that its trainers get; no tokens."""


@dataclass(frozen=True)
class Job:
    """What a cluster says about a job: "pending", "running" or "ended", and why it waits or how it ended."""

    state: str
    reason: str = ""


class Cluster(Protocol):
    """What a file for a cluster has to provide. Every method raises Unreachable if there is no answer, or a refusal."""

    def submit(self, run: Run, command: list[str], environment: dict[str, str]) -> str:
        """Submit a job and return its number; for the ticket in `environment` again, the same job if possible.

        Raises:
            Refused: The cluster answers, but does not take this job.
        """

    def jobs(self, numbers: list[str]) -> dict[str, Job]:
        """Those of these jobs that the cluster knows."""

    def kill(self, number: str) -> None:
        """End a job, waiting or running. An unknown or ended job is no error."""

    def log(self, run: Run) -> str:
        """What the cluster kept of the output of the run's job."""


class RemoteBackend:
    """The backend of a cluster, for the queue."""

    def __init__(self, name: str, cluster: Cluster):
        self._name, self._cluster = name, cluster
        self._asked = -1e9
        self._gone_since: dict[str, float] = {}

    def capacity(self) -> int:
        """How many runs are handed over at a time; the cluster has a queue of its own."""
        return paths.trainings_at_once() if os.environ.get("IMGCLS_TRAININGS", "").strip() else MOST_RUNS

    def submit(self, run: Run) -> None:
        """Submit a job for a claimed run. Raises Unreachable or Refused."""
        if earlier := run.job.get("before"):
            self._cluster.kill(str(earlier))  # its trainer is silent
        command = [os.environ.get("IMGCLS_CLUSTER_PYTHON") or sys.executable, "-m", "imgcls.training", str(run.folder)]
        number = self._cluster.submit(run, command, environment(run))
        # A stop that is older than the job is what the job is for: to evaluate the checkpoint of an interrupted run.
        ends_it = run.request.stop and run.can_resume
        _record(run, backend=self._name, id=number, pending=True, reason="", ends_it=ends_it)

    def alive(self, run: Run) -> bool:
        """Whether its trainer lives, or its job has yet to start one."""
        return run.is_held or (self._has_job(run) and run.job.get("pending") is True)

    def activity(self, run: Run) -> float:
        """Never stands still: a cluster ends its hanging jobs itself, and an outage of the folder looks like one."""
        return time.monotonic()

    def stop(self, run: Run) -> None:
        """Kill the run's job. Pages stop a run by a request to its trainer; this is the last resort."""
        if self._has_job(run):
            with contextlib.suppress(Unreachable):  # a trainer whose folder is gone ends itself
                self._cluster.kill(run.job["id"])

    def log(self, run: Run) -> str:
        """What the cluster kept of the job's output. Raises Unreachable."""
        return self._cluster.log(run) if self._has_job(run) else ""

    def warm_up(self) -> None:
        """Nothing: a standby trainer would occupy a node."""

    def cool_down(self) -> None:
        """Nothing."""

    def reap(self) -> None:
        """Ask the cluster about jobs whose trainer has not begun."""
        if time.monotonic() - self._asked < POLL_SECONDS:
            return
        self._asked = time.monotonic()
        waiting = [run for run in all_runs() if self._is_open(run)]
        if not waiting:
            return
        try:
            known = self._cluster.jobs([run.job["id"] for run in waiting])
        except Unreachable as error:
            waiting_list.report_problem(str(error), self._name)
            return
        waiting_list.report_problem("", self._name)
        for run in waiting:
            with contextlib.suppress(OSError, ValueError, RunError):
                self._follow(run, known.get(run.job["id"]))

    def _follow(self, run: Run, job: Job | None) -> None:
        number = run.job["id"]
        if (run.folder / "heartbeat").exists():
            _record(run, pending=False, reason="")
        elif run.request.stop and not run.job.get("ends_it"):
            self._cluster.kill(number)
            for name in (waiting_list.NAME, "trainer.json"):
                (run.folder / name).unlink(missing_ok=True)
        elif job is not None and job.state != "ended":
            self._gone_since.pop(number, None)
            if job.reason != run.job.get("reason"):
                _record(run, reason=job.reason)
        elif time.monotonic() - self._gone_since.setdefault(number, time.monotonic()) >= CERTAIN_SECONDS:
            if job is None:  # it never began: the trainer of a forgotten job finds a newer ticket and exits
                _record(run, pending=False, reason="")
                waiting_list.enter_again(run)
            else:
                _record(run, pending=False, reason=f"The job ended before the training began. {job.reason}".strip())
                os.utime(run.folder / "trainer.json", (0, 0))  # lost

    def _is_open(self, run: Run) -> bool:
        return not (run.folder / "result.json").exists() and self._has_job(run) and run.job.get("pending") is True

    def _has_job(self, run: Run) -> bool:
        return run.job.get("backend") == self._name and isinstance(run.job.get("id"), str)


def environment(run: Run) -> dict[str, str]:
    """What a trainer on another machine has to know."""
    names = [f"IMGCLS_{name}" for name in PASSED_ON]
    passed = {name: os.environ[name] for name in names if os.environ.get(name)}
    if not paths.is_installed():
        passed["PYTHONPATH"] = str(paths.repository_folder())
    own = {"RUNS": str(run.folder.parent), "TURNS": "off", "TICKET": run.ticket or ""}
    return (
        passed
        | {f"IMGCLS_{key}": text for key, text in own.items()}
        | {"IMGCLS_VERSIONS": json.dumps(nodes.versions())}
    )


def _record(run: Run, **facts: Any) -> None:
    """Keep facts about the run's job in trainer.json. Raises OSError or ValueError."""
    content = json_files.read_object(run.folder / "trainer.json")
    atomic.write_json(run.folder / "trainer.json", content | {"job": {**content.get("job", {}), **facts}})
