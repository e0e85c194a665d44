"""How long until a training run that is asked to pause has paused?

    python -m benchmarks.pause_latency [PAUSES]

Seconds from the request in the run folder until the trainer reports that it has paused and freed the processor; by
then the checkpoint is on disk. 12 pauses at random moments, for cnn and deep_cnn on mnist_sample with batches of 64;
the value is the longest. `resume_s` is the time back to the first step. The reference is an import of TensorFlow and
Keras, which a pause that ended the process would cost.
"""

import random
import statistics
import sys
import time

from benchmarks.support import reference
from benchmarks.support.report_line import line, run
from benchmarks.support.trainings import DEEP, SMALL, begun, own_queue, wait
from imgcls import jobs
from imgcls.config import Config

PAUSES = 12


def measured(config: Config, pauses: int) -> tuple[list[float], list[float]]:
    """Seconds to each pause, and seconds back."""
    moments = random.Random(0)
    training, _ = begun(config)
    paused, resumed = [], []
    for _ in range(pauses):
        time.sleep(moments.uniform(0.2, 1.5))
        training.send_request(pause=True)
        paused.append(wait(lambda: training.state == "paused", "the pause"))
        training.send_request(pause=False)
        resumed.append(wait(lambda: training.state == "running", "the way back"))
    jobs.delete(training)
    return paused, resumed


def main() -> None:
    pauses = int(sys.argv[1]) if len(sys.argv) > 1 else PAUSES
    with own_queue() as environment:
        imported = reference.tensorflow_import(environment)
        seen = {config.model: measured(config, pauses) for config in (SMALL, DEEP)}
    value = round(max(max(paused) for paused, _ in seen.values()), 3)
    medians = {name: round(statistics.median(paused), 3) for name, (paused, _) in seen.items()}
    back = {name: round(statistics.median(resumed), 3) for name, (_, resumed) in seen.items()}
    print(
        line(
            "pause_latency",
            value,
            "s",
            1.0,
            "lower",
            reference=imported,
            median_s=medians,
            resume_s=back,
            pauses=pauses,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
