"""More trials for a study that has ended, or whose driver was killed: its budget is raised, and it can be resumed.

The files change one by one, in an order in which a kill between any two leaves a sound study: first the plan, which an
ended study does not read, then the request to stop, then the result. Only without a result the study goes on.
"""

import time

import filelock

from imgcls import sharing
from imgcls.errors import RunError, SettingError
from imgcls.jobs import fair_use
from imgcls.sharing import Action
from imgcls.studies import energy, proposals, space
from imgcls.studies.plan import MOST_TRIALS, Plan
from imgcls.studies.study import LOCK, LOCK_SECONDS, Study, Trial
from imgcls.system import atomic, processes

USUAL = 10
"""So many are added unless the importances miss fewer."""
CAN_BE_EXTENDED = ("finished", "stopped", "interrupted")


def usual(plan: Plan, trials: list[Trial]) -> int:
    """How many trials to offer: as many as are missing for importances, otherwise `USUAL`."""
    return missing_for_importances(plan, trials) or USUAL


def missing_for_importances(plan: Plan, trials: list[Trial]) -> int:
    """How many complete trials are missing for importances."""
    return max(0, proposals.STARTUP_TRIALS - len(proposals.complete(plan, trials)))


def add(study: Study, count: int) -> Plan:
    """Raises the budget by so many trials, and returns the new plan. `studies.drive` then continues the study.

    An ended study gets so many beyond those it has tried, so that a repeated try after a kill adds none twice. Ends
    that have passed, a time of day or an energy, count no more: the study would end again at once.

    Raises:
        RunError: it is running, has failed, or cannot be written.
        SettingError: there would be too many trials, or the grid has no more.
        NotAllowed: it is not the visitor's.
        LimitReached: its trials exceed the visitor's limits.
    """
    sharing.require(Action.EXTEND_STUDY, study.folder)
    try:
        lock = processes.acquired(study.folder / LOCK, LOCK_SECONDS)
    except filelock.Timeout:
        raise RunError("This study is running. Add trials when it has ended, or stop it first.") from None
    except OSError as error:
        raise RunError(f"The folder of the study is not writable: {error.strerror}.") from error
    try:
        result, plan = study.result, study.plan
        if result is not None and result["outcome"] not in CAN_BE_EXTENDED:
            raise RunError("This study has failed: its next trials would fail, too. Start a new study.")
        fair_use.check_new_runs([plan.base] * plan.parallel)
        new = _extended(study, plan, count, has_ended=result is not None)
        atomic.write_json(study.folder / "study.json", new.as_dict())
        for name in ("stop.json", "result.json"):
            (study.folder / name).unlink(missing_ok=True)
        return new
    except OSError as error:
        raise RunError(f"The study cannot be changed: {error.strerror}. Free some space, and try again.") from error
    finally:
        lock.release()


def _extended(study: Study, plan: Plan, count: int, *, has_ended: bool) -> Plan:
    if count < 1:
        raise SettingError(f"At least one trial must be added, not {count}.")
    trials = (len(study.runs()) if has_ended else plan.budget) + count
    if trials > MOST_TRIALS:
        raise SettingError(f"A study can have at most {MOST_TRIALS:,} trials; this one would have {trials:,}.")
    if plan.sampler == "grid" and plan.budget >= (size := space.grid_size(plan.vary)) and len(study.runs()) >= size:
        raise SettingError(f"All {size:,} combinations of the grid were tried. Start a study of other values.")
    is_late = plan.until is not None and time.time() >= plan.until
    is_used_up = plan.energy_kwh is not None and energy.read(study.folder).kwh >= plan.energy_kwh
    return plan.changed(
        trials=trials, until=None if is_late else plan.until, energy_kwh=None if is_used_up else plan.energy_kwh
    )
