"""Claims: who is about to start a trainer for a queued run says so first, so that no other does."""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from imgcls.jobs import waiting_list
from imgcls.runs import Run
from imgcls.system import atomic, json_files, nodes


def claim(run: Run, ticket: str | None = None) -> bool:
    """Record that a trainer is about to start, and remove what an earlier one left.

    Of several queues that claim a run with the same ticket, one gets True, also on a file system without locks.

    Raises:
        OSError: The run folder cannot be written.
    """
    if ticket is not None:
        try:
            os.close(os.open(file_of(run, ticket), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            return False
    try:
        _record_claim(run, ticket)
    except OSError:
        if ticket is not None:  # a full disk: it is tried again
            with contextlib.suppress(OSError):
                file_of(run, ticket).unlink()
        raise
    return True


def _record_claim(run: Run, ticket: str | None) -> None:
    now = time.time()
    first = run.created if (run.folder / "trainer.json").exists() else now
    for name in ("heartbeat", "process.json", "parked.json", "result.json"):
        (run.folder / name).unlink(missing_ok=True)
    facts: dict[str, Any] = {"started": now, "first": first, "ticket": ticket, "job": {"node": nodes.name()}}
    if backend := waiting_list.wanted_backend(run):
        facts["job"] |= {"backend": backend}
    if (earlier := run.job.get("id")) and run.job.get("backend") == backend:
        facts["job"] |= {"before": earlier}  # the cluster may still keep it
    atomic.write_json(run.folder / "trainer.json", facts)
    for path in run.folder.glob(".claim-*"):
        if path != file_of(run, str(ticket)):
            path.unlink(missing_ok=True)


def withdraw(run: Run) -> None:
    """There is no trainer after all: outside the queue, the run has not begun, or was interrupted as before."""
    path = run.folder / "trainer.json"
    facts = json_files.read_object(path)
    if facts.get("first") == facts.get("started"):
        path.unlink()
    else:
        os.utime(path, (0, 0))


def file_of(run: Run, ticket: str) -> Path:
    """The file that only one can create."""
    return run.folder / f".claim-{ticket}"
