"""How long do eight seeds of a head on cached features take?

    python -m benchmarks.seeds [SEEDS]

`imgcls train --model transfer --seeds 8` on the MNIST sample, from the shell to the printed mean, after one run has
computed the features. The reference is an import of TensorFlow and Keras, which every training process needs once.
"""

import subprocess
import sys
import time

from benchmarks.support import reference
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.trainings import own_queue
from imgcls import runs

SEEDS = 8
COMMAND = ("train", "--data", "mnist_sample", "--model", "transfer", "--epochs", "5", "--now")


def seconds(environment: dict[str, str], *options: str) -> float:
    """How long the command takes with these options."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "imgcls", *COMMAND, *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"The training failed: {done.stderr.strip()[-200:]}")
    return time.perf_counter() - started


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    with own_queue() as environment:
        imported = reference.tensorflow_import(environment)
        first = seconds(environment)
        several = seconds(environment, "--seeds", str(number))
        accuracies = [(one.result or {}).get("test_accuracy") for one in runs.all_runs()]
        print(
            line(
                "seeds",
                round(several, 2),
                "s",
                10,
                "lower",
                reference=imported,
                seeds=number,
                with_features_s=round(first, 2),
                accuracies=[None if value is None else round(value, 4) for value in accuracies],
            )
        )


if __name__ == "__main__":
    sys.exit(run(main))
