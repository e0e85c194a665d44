"""Are the numbers that the lessons state still true?

    python -m benchmarks.lessons [LESSON ...]

Measures every number again that a lesson states as a range (`MEASURED` in `imgcls/lessons/catalog`): trains with the
settings of the lesson, as the learner does, or calls the function that measures it. Prints each beside its range; the
value is the percentage that lie in their range. Numbers that several lessons share are measured once.
"""

import json
import sys

from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.trainings import own_queue, wait
from imgcls import datasets, jobs, lessons
from imgcls.config import Config
from imgcls.lessons import Measured
from imgcls.runs import ENDED

LONGEST = 1_800.0
"""Seconds for a training run on a busy machine."""


def measured(number: Measured, known: dict[str, float]) -> float:
    """The number, measured now; from `known` if a run with the same settings has been trained."""
    if number.measure is not None:
        return number.measure()
    key = json.dumps(Config(**number.settings).as_dict(), sort_keys=True) + number.score
    if key not in known:
        datasets.prepare(str(number.settings["data"]))
        trained = jobs.begin(Config(**number.settings))
        wait(lambda: trained.state in ENDED, "a training", LONGEST)
        value = (trained.result or {}).get(number.score)
        if not isinstance(value, float):
            raise Missing(f"The training ended without {number.score}: {trained.state}.")
        known[key] = value
    return known[key]


def main() -> None:
    known: dict[str, float] = {}
    rows = []
    with own_queue():
        for name in sys.argv[1:] or lessons.names():
            for key, number in lessons.find(name).MEASURED.items():
                value = measured(number, known)
                is_inside = number.low <= value <= number.high
                rows.append({"lesson": name, "number": key, "value": round(value, 4), "is_inside": is_inside})
                print(f"{name:14} {key:20} {value:.1%}  stated {number.range}{'' if is_inside else '  OUTSIDE'}")
    if not rows:
        raise Missing("These lessons state no measured numbers.")
    inside = sum(row["is_inside"] for row in rows)
    print(line("lessons", round(100 * inside / len(rows), 1), "%", 100, "higher", numbers=rows))


if __name__ == "__main__":
    sys.exit(run(main))
