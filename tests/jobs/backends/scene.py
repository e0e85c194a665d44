"""A place where trainers run, a queue on it, and what happens to its runs."""

import json

from imgcls import runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.runs import Run

LONG = 120.0


class Scene:
    """A place, a queue on it, and what happens to one run."""

    def __init__(self, place, wait_until):
        self.place, self._wait_until = place, wait_until
        self.backend = place.backend()
        self.queue = place.queue(self.backend)

    def run(self, name: str = "first", epochs: int = 8, hold: int | None = None) -> Run:
        """A queued run. Its training waits after the epoch `hold` until `go_on`."""
        config = Config(data="digits", model="ann", epochs=epochs, early_stopping=False)
        run = runs.create(config, run_id=name, place=waiting_list.last_place())
        if hold is not None:
            (run.folder / ".hold").write_text(str(hold))
        return run

    def go_on(self, run: Run) -> None:
        (run.folder / ".hold").unlink()

    def until(self, condition, rounds: bool = True) -> None:
        """Works until a condition holds."""

        def look() -> bool:
            if rounds:
                self.queue.round()
            return bool(condition())

        self._wait_until(look, seconds=LONG)

    def until_trained(self, run: Run, epoch: int) -> None:
        self.until(lambda: epochs(run)[-1:] >= [epoch])

    def new_queue(self) -> None:
        """The queue was killed, and another one starts."""
        self.place.kill_queue(self.backend)
        self.backend = self.place.backend()
        self.queue = self.place.queue(self.backend)

    def rounds(self, count: int = 5) -> None:
        for _ in range(count):
            self.queue.round()


def lines(run: Run) -> list[dict]:
    try:
        return [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    except OSError:
        return []


def epochs(run: Run) -> list[int]:
    return [line["epoch"] for line in lines(run) if line["kind"] == "epoch"]


def assert_trained_once(run: Run, repeated: int = 0) -> None:
    """`repeated`: how many trainers were killed, each of which may have lost one epoch."""
    assert run.state == "finished", (run.state, run.job, (run.folder / "log.txt").read_text())
    assert sorted(set(epochs(run))) == list(range(1, run.config.epochs + 1))
    assert len(epochs(run)) - run.config.epochs <= repeated
    assert len({line["pid"] for line in lines(run) if line["kind"] == "epoch"}) <= 1 + repeated
