"""Does training in bfloat16 reach the same accuracy as float32?

    python -m benchmarks.bfloat16_accuracy [NAME] [SEEDS]

The recipe of deep_cnn on a dataset (cifar10), once per precision and seed, in separate processes with the same images
in the same order. The value is the mean difference of the test accuracies in points, float32 minus bfloat16; `error`
is its standard error over the seeds. Needs NAME.npz in $IMGCLS_DATA.
"""

import json
import statistics
import sys

from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import python, workplace
from imgcls.system import paths

SEEDS = 3


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "cifar10"
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else SEEDS
    data = paths.data_folder()
    if data is None or not (data / f"{name}.npz").is_file():
        raise Missing(f"The folder $IMGCLS_DATA needs {name}.npz.")
    accuracies: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    with workplace() as environment:
        python("-m", "imgcls.datasets", name, environment=environment)
        for seed in range(seeds):
            for precision, row in accuracies.items():
                settings = json.dumps({"precision": precision, "seed": seed})
                said = python(
                    "-m", "benchmarks.support.baselines.recipe", name, settings, "{}", environment=environment
                )
                row.append(100 * json.loads(said.splitlines()[-1])[-1][-1])
                print(precision, seed, row[-1], file=sys.stderr)
    lost = [long - short for long, short in zip(accuracies["float32"], accuracies["bfloat16"], strict=True)]
    error = statistics.stdev(lost) / len(lost) ** 0.5 if len(lost) > 1 else None
    seen = {precision: [round(value, 2) for value in row] for precision, row in accuracies.items()}
    value = round(statistics.fmean(lost), 2)
    print(line("bfloat16_accuracy", value, "points", 0.3, "lower", error=error and round(error, 2), data=name, **seen))


if __name__ == "__main__":
    sys.exit(run(main))
