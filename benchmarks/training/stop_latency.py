"""How long until a training run that is asked to stop has stopped?

    python -m benchmarks.stop_latency [STOPS]

Seconds from the request in the run folder until the metrics log says that training has ended and the best epoch is
being tested. `over_s` is the time until the result is written, with test predictions and the exported model. 4 runs
are stopped at random moments, for cnn and deep_cnn on mnist_sample; the value is the longest. The reference is an
import of TensorFlow and Keras.
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

STOPS = 4


def measured(config: Config, moment: float) -> tuple[float, float]:
    """Seconds until a training run heard the stop, and until its result was there."""
    training, curves = begun(config)
    time.sleep(moment)
    start = time.perf_counter()
    jobs.stop(training)
    wait(lambda: curves.refresh().phase in ("testing", "saving") or training.has_ended, "the stop")
    heard = time.perf_counter() - start
    wait(lambda: training.has_ended, "the result")
    return heard, time.perf_counter() - start


def main() -> None:
    stops = int(sys.argv[1]) if len(sys.argv) > 1 else STOPS
    moments = random.Random(0)
    with own_queue() as environment:
        imported = reference.tensorflow_import(environment)
        seen = {
            config.model: [measured(config, moments.uniform(0.2, 1.5)) for _ in range(stops)]
            for config in (SMALL, DEEP)
        }
    value = round(max(heard for times in seen.values() for heard, _ in times), 3)
    medians = {name: round(statistics.median(heard for heard, _ in times), 3) for name, times in seen.items()}
    ends = {name: round(statistics.median(over for _, over in times), 2) for name, times in seen.items()}
    print(
        line("stop_latency", value, "s", 1.0, "lower", reference=imported, median_s=medians, over_s=ends, stops=stops)
    )


if __name__ == "__main__":
    sys.exit(run(main))
