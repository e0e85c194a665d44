"""Studies: hyper-parameter search on top of the training queue. A trial is an ordinary run.

space             which settings are varied, and over which values
plan              study.json: the space, the sampler, the budget, the metric
study             Study: a study folder and its trials
more_trials       raises the budget of a study that has ended
trash             deleted studies, which can be restored for a day
proposals         what to try next: grid, random, TPE (Optuna)
by_value          scores by the values of each setting, if there are too few trials for importances
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

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.runs import run_name
from imgcls.sharing import Action
from imgcls.studies.plan import METRICS, MOST_TITLE, PRUNERS, SAMPLERS, Plan
from imgcls.studies.selection_bias import FEW_TRIALS
from imgcls.studies.study import (
    ID,
    STARTING,
    STATES,
    Study,
    Trial,
    all_studies,
    best,
    create,
    ended,
    find,
    folder,
    unused_title,
)
from imgcls.system import atomic, processes

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
    "ended",
    "exists",
    "find",
    "rename",
    "sentences",
    "unused_title",
]


def exists(study_id: str) -> bool:
    """Whether there is a study with this ID, whoever's it is."""
    return bool(ID.fullmatch(study_id)) and (folder() / study_id).is_dir()


def rename(study: Study, title: str) -> None:
    """Renames a study; its plan stays as it is, so that the same plan still gives the same study.

    Raises:
        NotAllowed: it is not the visitor's.
        RunError: the name has no printable characters, or cannot be written.
    """
    sharing.require(Action.RENAME_STUDY, study.folder)
    title = run_name.clean(title, MOST_TITLE)
    if not title:
        raise RunError("A name needs at least one letter or digit.")
    try:
        atomic.write_bytes(study.folder / run_name.NAME, title.encode("utf-8"))
    except OSError as error:
        raise RunError(f"The folder of the study is not writable: {error.strerror}.") from error


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
    test, bias = result.get("test"), result.get("bias")
    if test:
        found.append(
            f"Test accuracy of the winner: {percent(test['accuracy'])} "
            f"(95% CI {interval(test['low'], test['high'])}, {test['images']:,} images), measured once, "
            "after the choice."
        )
    if "winner" in result:
        found.append(f"{result['tried']:,} configurations were tried, {result['scored']:,} have a validation score.")
    if bias and bias["trials"] < FEW_TRIALS:
        found.append(f"Selection bias: too few trials to estimate it; {FEW_TRIALS} are needed.")
    elif bias:
        found.append(
            f"Selection bias: the best of {bias['trials']:,} validation scores is partly luck, by about "
            f"{100 * bias['bias']:.2f} percentage points; without it, {percent(bias['accuracy'])} of the validation "
            f"images would be correct (bootstrap over {bias['images']:,} images)."
        )
        if test and percent(test["accuracy"]) != percent(bias["accuracy"]):
            found.append(
                "The test accuracy differs from this estimate because it was measured on other images, and because "
                "each trial's best epoch was also chosen on the validation images, which the estimate does not "
                "correct: report the test accuracy."
            )
    if message := result.get("message"):
        found.append(str(message))
    return found
