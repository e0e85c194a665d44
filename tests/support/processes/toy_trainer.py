"""A trainer that learns nothing and imports no TensorFlow, for tests of where trainers run.

    python toy_trainer.py RUN_FOLDER [SECONDS_PER_EPOCH]

Its lock, heartbeat, signals, requests and result are the real ones: it is `Trainer` with another training loop. Each
epoch appends a line to metrics.jsonl and replaces the checkpoint, so that a test sees what was trained twice or lost.
A file `.hold` with a number makes it wait after that epoch.
"""

import json
import math
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from imgcls import runs
from imgcls.config import Config
from imgcls.system import atomic
from imgcls.training import standby
from imgcls.training.process import outage
from imgcls.training.trainer import Trainer


def score(config: Config) -> float:
    """The validation accuracy that settings get, without training: the best learning rate is 0.01."""
    return round(0.95 - 0.1 * abs(math.log10(config.learning_rate) + 2), 6)


class ToyTrainer(Trainer):
    """Trains the epochs of the run's settings, from the checkpoint if there is one."""

    def __init__(self, run: runs.Run, seconds: float):
        super().__init__(run)
        self._seconds = seconds

    def _train(self):
        folder = self.run.folder
        checkpoint = folder / "checkpoint.npz"
        done = json.loads(checkpoint.read_bytes())["epoch"] if checkpoint.exists() else 0
        if done:
            self._log({"kind": "resumed", "epoch": done})
        self._heartbeat.hand_over()
        hold = folder / ".hold"
        for epoch in range(done + 1, self.run.config.epochs + 1):
            time.sleep(self._seconds)
            if self._should_stop():
                return self._end("stopped", epochs=epoch - 1)
            while hold.exists() and epoch > int(hold.read_text() or 0) and not self._should_stop():
                time.sleep(0.02)
            self._log({"kind": "epoch", "epoch": epoch, "pid": os.getpid()})
            outage.patiently(lambda epoch=epoch: atomic.write_json(checkpoint, {"epoch": epoch}), folder)
        value = score(self.run.config)
        return self._end("finished", epochs=self.run.config.epochs, best_epoch=1, val_accuracy=value)

    def _log(self, line: dict) -> None:
        def append():
            with (self.run.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

        outage.patiently(append, self.run.folder)


if __name__ == "__main__":
    if os.environ.get("IMGCLS_TICKET"):
        standby.log_to(Path(sys.argv[1]))
    ToyTrainer(runs.Run(Path(sys.argv[1]).resolve()), float(sys.argv[2]) if len(sys.argv) > 2 else 0.05).train()
