"""Any machine that sees the runs folder trains: start `imgcls queue --worker` there, for example by SSH.

The queue beside the app starts nothing; the workers claim waiting runs by themselves. See `imgcls.jobs.worker`.
"""

import time

from imgcls.jobs import waiting_list, worker_reports
from imgcls.runs import Run

TITLE = "Workers"
NAME = "workers"
STOP_SECONDS = 3.0
NONE = (
    "No worker is running, so queued runs wait. Start one on a machine that sees the runs folder: imgcls queue --worker"
)


class WorkersBackend:
    """Trainings on machines that take their runs themselves."""

    def capacity(self) -> int:
        """None: the workers take them."""
        return 0

    def submit(self, run: Run) -> None:
        """Never called."""

    def alive(self, run: Run) -> bool:
        """Whether a trainer holds the run's lock, or has a heartbeat on another machine."""
        return run.is_held

    def activity(self, run: Run) -> float:
        """Never stands still: the trainer's own worker ends it if it hangs."""
        return time.monotonic()

    def stop(self, run: Run) -> None:
        """Ask the trainer to end, and wait a moment; if the run is deleted, it ends anyway."""
        if run.is_held:
            run.send_request(stop=True)
            end = time.monotonic() + STOP_SECONDS
            while run.is_held and time.monotonic() < end:
                time.sleep(0.05)

    def log(self, run: Run) -> str:
        """The end of log.txt."""
        return worker_reports.end_of_log(run)

    def warm_up(self) -> None:
        """Nothing."""

    def cool_down(self) -> None:
        """Nothing."""

    def reap(self) -> None:
        """Let pages know if no worker is training."""
        waiting_list.report_problem("" if worker_reports.all_workers() else NONE, NAME)


def create() -> WorkersBackend:
    """The backend, for `imgcls.jobs.backends`."""
    return WorkersBackend()
