"""Forks trainers and queues from a process that has imported TensorFlow, so that tests do not wait for the import.

    python fork_server.py imgcls.training        (the argument marks the process as a trainer of this project)

Each line of JSON on standard input starts a process and prints its ID. `before` is code that the process runs first,
so that a test can kill it or fill the disk at an exact step; `trainers` is such code for each trainer of a queue. The
activations and features that a trainer exports after its result, half of the work of a small run, are left out unless
`explains` asks for them.
"""

import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import imgcls.training.__main__ as trainer
import imgcls.training.export.converter
import imgcls.training.export.results
import imgcls.training.folds
import imgcls.training.loop.steps
import imgcls.training.transfer.whole_model  # noqa: F401
from imgcls.jobs.backends.local import LocalBackend
from imgcls.jobs.queue import Queue
from imgcls.system import processes
from imgcls.training.export import explain_data


class Child:
    """The process interface that the queue uses."""

    def __init__(self, pid: int):
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None and os.waitpid(self.pid, os.WNOHANG)[0]:
            self._code = 0
        return self._code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class ForkingBackend(LocalBackend):
    """The local backend with forked trainers."""

    def __init__(self, trainers: dict[str, str]):
        super().__init__()
        self._before = trainers

    def spawn_trainer(self, run):
        before = self._before.pop(run.id, "")
        return Child(forked({"do": "train", "folder": str(run.folder), "before": before}))


def forked(order: dict, gate: tuple[int, int] | None = None) -> int:
    """Starts a process that carries out the order once the gate is closed here, and returns its ID."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if gate is not None:
            os.close(gate[1])
            os.read(gate[0], 1)
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.update(order.get("env", {}))
        log = Path(order["folder"], "log.txt" if order["do"] == "train" else ".log.txt")
        streams = (os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND))
        for number, stream in ((0, streams[0]), (1, streams[1]), (2, streams[1])):
            os.dup2(stream, number)
        for stream in streams:
            os.close(stream)
        exec(order.get("before") or "", {"__name__": "before", "resource": resource})
        if not order.get("explains"):
            explain_data.attempt = lambda *_: None
        if order["do"] == "train":
            code = trainer.main([order["folder"]])
        elif order["do"] == "queue":
            Queue(ForkingBackend(order["trainers"])).serve()
            code = 0
        else:
            code = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended processes are reaped immediately
    processes.lower_priority = lambda: None  # tests wait for these trainers
    print("ready", flush=True)
    while line := sys.stdin.readline():
        gate = os.pipe()
        print(forked(json.loads(line), gate), flush=True)
        sys.stdin.readline()  # From here on the parent knows the process, however soon it exits.
        for end in gate:
            os.close(end)
