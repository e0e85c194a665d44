"""Studies: hyper-parameter search on top of the training queue. A trial is an ordinary run.

space             which settings are varied, and over which values
plan              study.json: the space, the sampler, the budget, the metric
study             Study: a study folder and its trials
trash             deleted studies, which can be restored for a day
proposals         what to try next: grid, random, TPE (Optuna)
pruning           which running trials to end early
selection_bias    how much too good the best of many scores is
learning_curve    would more data help? runs on 10 to 100% of the training images
notifications/    tells people when a run or study has ended or goes wrong
energy            how much energy a study has used
another_night     what as many trials again would gain
driver            the process that does all this: `python -m imgcls.studies ID`
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.studies.plan import METRICS, PRUNERS, SAMPLERS, Plan
from imgcls.studies.study import ID, STARTING, STATES, Study, Trial, all_studies, best, create, find
from imgcls.system import processes

__all__ = [
    "ID",
    "METRICS",
    "PRUNERS",
    "SAMPLERS",
    "STATES",
    "Plan",
    "Study",
    "Trial",
    "all_studies",
    "best",
    "create",
    "drive",
    "drive_all",
    "find",
    "sentences",
]


def drive(study: Study) -> None:
    """Starts a driver in the background, unless the study has one or has ended."""
    if study.state == "interrupted":
        with contextlib.suppress(OSError), (study.folder / "log.txt").open("ab") as log:
            (study.folder / STARTING).touch()
            processes.spawn("imgcls.studies", study.id, stdout=log)


def drive_all() -> None:
    """Resumes every interrupted study, as after a reboot."""
    for study in all_studies():
        drive(study)


def sentences(result: Mapping[str, Any]) -> list[str]:
    """What result.json of a study says about the winner's scores, in plain English."""
    found = []
    if test := result.get("test"):
        found.append(
            f"Test accuracy of the winner: {percent(test['accuracy'], 2)} "
            f"(95% CI {interval(test['low'], test['high'], 2)}, {test['images']:,} images), measured once, "
            "after the choice."
        )
    if "winner" in result:
        found.append(f"{result['tried']:,} configurations were tried, {result['scored']:,} have a validation score.")
    if bias := result.get("bias"):
        found.append(
            f"Estimated selection bias: the best of {bias['trials']:,} overstates its accuracy by about "
            f"{100 * bias['bias']:.2f} percentage points, so expect {percent(bias['accuracy'], 2)} on new images "
            f"(bootstrap over {bias['images']:,} validation images)."
        )
    if message := result.get("message"):
        found.append(str(message))
    return found
