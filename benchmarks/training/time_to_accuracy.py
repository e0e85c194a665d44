"""How much sooner does a recipe reach a test accuracy than a tutorial script?

    python -m benchmarks.time_to_accuracy [NAME ...]

Both train on all training images of the dataset, in separate processes with the same priority, one after the other.
Both measure test accuracy after each epoch, and it chooses nothing: the number of epochs of the recipe is fixed here,
and the tutorial continues until it reaches the mark. Time counts from the moment the data is loaded and TensorFlow
imported; graph building and evaluation are included. A tutorial that does not reach the mark counts with the time it
had, as "at least".

The value is the smallest ratio divided by its goal: 1 or more means that all goals are reached. Ratios of CPU time,
which other programs disturb less, are reported as well. Needs mnist.npz, fashion_mnist.npz and cifar10.npz in
$IMGCLS_DATA.
"""

import json
import sys
from dataclasses import dataclass, field

from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import python, workplace
from imgcls.system import paths


@dataclass(frozen=True)
class Race:
    """A test accuracy, how much sooner it should be there, and the recipe's settings."""

    mark: float
    goal: float
    most_epochs: int  # of the tutorial
    settings: dict[str, float] = field(default_factory=dict)
    params: dict[str, int] = field(default_factory=dict)


RACES = {
    "mnist": Race(0.990, 2, 15, {"epochs": 1}, {"width": 16}),
    "fashion_mnist": Race(0.910, 2, 20, {"epochs": 3, "shift": 0}, {"width": 16}),
    "cifar10": Race(0.700, 5, 25, {"epochs": 1}, {"width": 32}),
}


def arrival(epochs: list[tuple[float, float, float]], mark: float) -> tuple[float, float, bool]:
    """Seconds and processor seconds until the mark was reached, or until the end; and whether it was."""
    reached = [epoch for epoch in epochs if epoch[2] >= mark]
    seconds, work, _ = (reached or epochs[-1:])[0]
    return seconds, work, bool(reached)


def main() -> None:
    names = sys.argv[1:] or list(RACES)
    data = paths.data_folder()
    if unknown := set(names) - set(RACES):
        raise Missing(f"There is no race on {sorted(unknown)[0]}. There are: {', '.join(RACES)}.")
    if absent := [name for name in names if data is None or not (data / f"{name}.npz").is_file()]:
        raise Missing(f"The folder $IMGCLS_DATA needs {absent[0]}.npz.")
    seen = {}
    with workplace() as environment:
        for name in names:
            race = RACES[name]
            python("-m", "imgcls.datasets", name, environment=environment)
            words = (name, json.dumps(race.settings), json.dumps(race.params))
            ours = json.loads(
                python("-m", "benchmarks.support.baselines.recipe", *words, environment=environment).splitlines()[-1]
            )
            words = (name, str(race.mark), str(race.most_epochs))
            plain = json.loads(
                python(
                    "-m", "benchmarks.support.baselines.tutorial_script", *words, environment=environment
                ).splitlines()[-1]
            )
            seconds, work, reached = arrival(ours, race.mark)
            tutorial_seconds, tutorial_work, tutorial_reached = arrival(plain, race.mark)
            seen[name] = {
                "ratio": round(tutorial_seconds / seconds, 2) if reached else 0.0,
                "processor_ratio": round(tutorial_work / work, 2) if reached else 0.0,
                "at_least": not tutorial_reached,
                "goal": race.goal,
                "mark": race.mark,
                "seconds": round(seconds, 1),
                "accuracy": [round(accuracy, 4) for *_, accuracy in ours],
                "tutorial_seconds": round(tutorial_seconds, 1),
                "tutorial_accuracy": [round(accuracy, 4) for *_, accuracy in plain],
            }
            print(name, seen[name], file=sys.stderr)
    value = round(min(row["ratio"] / row["goal"] for row in seen.values()), 2)
    print(line("time_to_accuracy", value, "share of the goals", 1, "higher", **seen))


if __name__ == "__main__":
    sys.exit(run(main))
