"""Trainers as Slurm jobs. Needs Slurm's commands on this machine, such as a login node, and a shared folder for runs.

IMGCLS_SLURM holds options of sbatch as `name=value` separated by spaces, such as "partition=gpu gres=gpu:1 time=120".
"""

import contextlib
import os
import re
import shlex
import subprocess

from imgcls.errors import SettingError
from imgcls.jobs.backends import Refused, Unreachable
from imgcls.jobs.backends._remote import Job, RemoteBackend
from imgcls.runs import Run

TITLE = "Slurm"
SECONDS = 20
"""How long a command of Slurm may take to answer."""
PENDING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT", "SUSPENDED")
RUNNING = ("RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "RESIZING", "STOPPED")
PASSING = re.compile(
    r"unable to contact|timed out|temporarily|communication connection failure|zero bytes|maxsubmit|maxjob",
    re.IGNORECASE,
)
"""What sbatch says if no job can be submitted at the moment: no answer, or as many jobs as the account may have."""
LOG_LETTERS = 100_000
FOLDER = ".slurm"
"""Below a run's folder: the batch script and the job's output."""


class _Failed(Unreachable):
    """A command of Slurm ended with an error; `output` is all that it said."""

    def __init__(self, message: str, output: str):
        super().__init__(message)
        self.output = output


class Slurm:
    """The cluster, for `RemoteBackend`. States come from squeue and, for jobs that have ended, from sacct."""

    def submit(self, run: Run, command: list[str], environment: dict[str, str]) -> str:
        """Submit a batch job.

        Raises:
            Refused: sbatch does not take it; its reason is in the message.
            Unreachable: There is no answer, or Slurm takes no job at the moment.
        """
        folder = run.folder / FOLDER
        folder.mkdir(exist_ok=True)
        script = folder / "job.sh"
        script.write_text(_script(run, command, environment), "utf-8")
        try:
            return _ask("sbatch", "--parsable", str(script)).split(";")[0].strip()
        except _Failed as error:
            raise (Unreachable if PASSING.search(error.output) else Refused)(str(error)) from error

    def jobs(self, numbers: list[str]) -> dict[str, Job]:
        """Those of these jobs that squeue or, when they have ended, sacct knows."""
        found = {}
        listed = _ask("squeue", "--noheader", "--me", "--states=all", "--format=%i|%T|%r")
        for number, state, reason in _rows(listed, 3):
            found[number] = _job(state, "" if reason == "None" else f"Slurm: {reason}.")
        missing = [number for number in numbers if number not in found]
        if missing:
            with contextlib.suppress(Unreachable):  # a cluster without accounting
                done = _ask(
                    "sacct", "--noheader", "--parsable2", "-X", "--format=JobIDRaw,State", "-j", ",".join(missing)
                )
                found |= {number: _job(state) for number, state in _rows(done, 2)}
        return {number: found[number] for number in numbers if number in found}

    def kill(self, number: str) -> None:
        """scancel; a job that has ended is no error there."""
        with contextlib.suppress(Unreachable):
            _ask("scancel", number)

    def log(self, run: Run) -> str:
        """What Slurm wrote: the output before and around the trainer's own log."""
        files = sorted((run.folder / FOLDER).glob("*.txt"))
        return "\n".join(file.read_text("utf-8", errors="replace") for file in files)[-LOG_LETTERS:]


def create() -> RemoteBackend:
    """The backend, for `imgcls.jobs.backends`."""
    return RemoteBackend("slurm", Slurm())


def _script(run: Run, command: list[str], environment: dict[str, str]) -> str:
    """The batch script. A minute before the time is up, Slurm sends SIGTERM, and the trainer keeps a checkpoint.

    A job that Slurm requeues, for example because its node failed, resumes from there.

    Raises:
        SettingError: IMGCLS_SLURM is invalid.
    """
    output = run.folder / FOLDER / "%j.txt"
    options = {"job-name": f"imgcls-{run.id}", "output": f"{output}", "open-mode": "append", "signal": "B:TERM@60"}
    lines = [f"#SBATCH --{name}={value}" for name, value in (options | _options()).items()]
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    # With exec, the trainer is the process that gets the signal.
    return "\n".join(["#!/bin/bash", *lines, "#SBATCH --requeue", *exports, f"exec {shlex.join(command)}", ""])


def _options() -> dict[str, str]:
    found = {}
    for word in shlex.split(os.environ.get("IMGCLS_SLURM", "")):
        name, equals, value = word.lstrip("-").partition("=")
        if not equals or not name or not value.isprintable():
            raise SettingError(
                f"IMGCLS_SLURM holds '{word}', which is not name=value. Example: partition=gpu gres=gpu:1 time=120."
            )
        found[name] = value
    return found


def _ask(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError as error:
        raise Unreachable(
            f"Slurm's command {command[0]} is not on this machine. Start the app on a login node of the cluster."
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreachable(f"Slurm does not answer ({command[0]}). Queued runs wait until it does.") from error
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise _Failed(f"Slurm refuses {command[0]}: {reason[0][:300]}", done.stderr or done.stdout)
    return done.stdout


def _rows(text: str, width: int) -> list[list[str]]:
    return [row for line in text.splitlines() if len(row := line.strip().split("|")) == width]


def _job(state: str, reason: str = "") -> Job:
    word = state.split()[0].rstrip("+") if state.split() else ""
    if word in PENDING:
        return Job("pending", reason or "Slurm: waiting for resources.")
    return Job("running") if word in RUNNING else Job("ended", f"Slurm: {word.lower() or 'unknown state'}.")
