"""Which settings to try next, given the trials so far: a grid, random values, or TPE by Optuna.

A proposal depends on nothing but the plan, the number of the trial and the trials so far, so a driver that was killed
proposes the same again. Optuna's study is rebuilt in memory from the trials for each proposal: its journal file is
not used, because a killed writer can leave it locked for 30 s, or with half a line that makes it unreadable.
"""

import contextlib
import importlib.util
import itertools
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from imgcls.errors import SettingError
from imgcls.params import Value
from imgcls.studies import space as spaces
from imgcls.studies.plan import Plan
from imgcls.studies.space import Domain, Listed
from imgcls.studies.study import Trial

if TYPE_CHECKING:
    import optuna

ATTEMPTS = 100
TPE_ATTEMPTS = 10
"""After so many repeated or invalid proposals of TPE, values are drawn at random."""
STARTUP_TRIALS = 8
"""TPE begins with this many random trials."""
NOT_INSTALLED = (
    'The sampler “tpe” needs the package optuna: pip install "imgcls[search]". Without it, use “random” or “grid”.'
)


def propose(plan: Plan, number: int, trials: Sequence[Trial]) -> dict[str, Value] | None:
    """The varied settings of trial `number`; None if all combinations were tried.

    Raises:
        SettingError: Optuna is missing, or no valid combination was found.
    """
    if plan.sampler == "grid":
        return next(itertools.islice(_valid_cells(plan), number, None), None)
    tried = [dict(trial.params) for trial in trials]
    is_any_valid = False
    for attempt in range(ATTEMPTS):
        seed = plan.seed + 1_000_003 * attempt + number
        if plan.sampler == "tpe" and attempt < TPE_ATTEMPTS:
            params = _by_tpe(plan, seed, trials)
        else:
            generator = random.Random(seed)
            params = {name: domain.drawn(generator) for name, domain in plan.vary.items()}
        if _is_valid(plan, params):
            is_any_valid = True
            if params not in tried:  # it would give the same result again
                return params
    if is_any_valid:
        return None
    raise SettingError(
        f"None of {ATTEMPTS} combinations of the varied settings was valid. Narrow the search space down to settings "
        "that go together."
    )


def _valid_cells(plan: Plan) -> Any:
    return (params for params in spaces.grid(plan.vary) if _is_valid(plan, params))


def _is_valid(plan: Plan, params: dict[str, Value]) -> bool:
    try:
        spaces.config_of(plan.base, params)
    except SettingError:
        return False
    return True


def _by_tpe(plan: Plan, seed: int, trials: Sequence[Trial]) -> dict[str, Value]:
    """Tree-structured Parzen estimator.

    Trials under way count as bad ("constant liar"), so that parallel trials differ. Sources: Bergstra, J. et al.
    (2011), "Algorithms for hyper-parameter optimization", NIPS; Akiba, T. et al. (2019), "Optuna", KDD.
    """
    study = optuna_study(plan, trials, seed)
    asked = study.ask({name: _distribution(domain) for name, domain in plan.vary.items()})
    return {name: _value(domain, asked.params[name]) for name, domain in plan.vary.items()}


def is_installed() -> bool:
    """Whether Optuna is."""
    return importlib.util.find_spec("optuna") is not None


def optuna_study(plan: Plan, trials: Sequence[Trial], seed: int = 0) -> "optuna.Study":
    """The trials as a study of Optuna in memory; trials that were edited out of the space are left out.

    Raises:
        SettingError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise SettingError(NOT_INSTALLED) from error
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(
        seed=seed,
        multivariate=True,
        constant_liar=True,
        n_startup_trials=STARTUP_TRIALS,
    )
    study = optuna.create_study(direction="maximize" if plan.is_higher_better else "minimize", sampler=sampler)
    distributions = {name: _distribution(domain) for name, domain in plan.vary.items()}
    for trial in trials:
        if not _is_within(plan, trial):
            continue
        steps = {epoch: value for epoch, value in enumerate(trial.curve, 1) if value is not None}
        if trial.is_open:
            state = TrialState.RUNNING
        elif trial.is_complete:
            state = TrialState.COMPLETE
        else:  # stopped before its first epoch, it says nothing about its settings
            state = TrialState.PRUNED if trial.value is not None and steps else TrialState.FAIL
        with contextlib.suppress(ValueError):  # edited by hand to values between the steps
            study.add_trial(
                create_trial(
                    state=state,
                    params=dict(trial.params),
                    distributions=distributions,
                    value=trial.value if state is TrialState.COMPLETE else None,
                    intermediate_values=steps,
                )
            )
    return study


def complete(plan: Plan, trials: Sequence[Trial]) -> list[Trial]:
    """The trials that importances are computed from: not ended early, and within the search space."""
    return [trial for trial in trials if trial.is_complete and _is_within(plan, trial)]


def importances(plan: Plan, trials: Sequence[Trial]) -> dict[str, float]:
    """How much each varied setting explains whether a trial is among the better ones, summing to 1, largest first.

    Empty with too few trials, if all have the same score, or without Optuna. Source: Watanabe, S. et al. (2023),
    "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces", IJCAI.
    """
    scores = [trial.value for trial in complete(plan, trials)]
    if len(scores) < STARTUP_TRIALS or len(set(scores)) < 2 or not is_installed():
        return {}
    import optuna

    study = optuna_study(plan, trials)
    if len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))) < STARTUP_TRIALS:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))


def _is_within(plan: Plan, trial: Trial) -> bool:
    """Whether the settings of a trial are those of the search space, and have values of it."""
    return set(trial.params) == set(plan.vary) and all(
        plan.vary[name].holds(value) for name, value in trial.params.items()
    )


def _distribution(domain: Domain) -> Any:
    from optuna import distributions

    if isinstance(domain, Listed):
        return distributions.CategoricalDistribution(list(domain.values))
    if domain.is_integer:
        step = int(domain.step or 1)
        top = int(domain.low) + (int(domain.high) - int(domain.low)) // step * step
        return distributions.IntDistribution(int(domain.low), top, log=domain.is_log, step=step)
    high = float(domain.grid()[-1]) if domain.step else float(domain.high)
    return distributions.FloatDistribution(float(domain.low), high, log=domain.is_log, step=domain.step)


def _value(domain: Domain, value: Any) -> Value:
    """A proposed number without the noise of floating-point arithmetic."""
    if isinstance(domain, Listed) or domain.is_integer:
        return value
    return min(max(float(f"{value:.6g}"), domain.low), domain.high)
