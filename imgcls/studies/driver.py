"""The driver of a study: proposes trials, ends hopeless ones, and evaluates the winner on the test set, once.

    python -m imgcls.studies ID         or: imgcls study run ID

Only one drives a study at a time. It keeps nothing in memory that the folders do not hold, so it can be killed at any
point: the next one reads the runs and goes on.
"""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import filelock

from imgcls import datasets, jobs
from imgcls.errors import RunError, SettingError, UserError
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import spared_test_set
from imgcls.jobs.fair_use import QueueFull
from imgcls.models import more_epochs
from imgcls.runs import run_name
from imgcls.runs import trials as trial_records
from imgcls.runs.index import names
from imgcls.studies import energy, proposals, pruning, selection_bias, space
from imgcls.studies.plan import Plan
from imgcls.studies.study import LOCK, LOCK_SECONDS, RESULT_VERSION, STARTING, Study, Trial, best
from imgcls.system import atomic, processes

POLL_SECONDS = 0.2
FULL_SECONDS = 2.0
"""Between two looks at a queue in which the owner of the study has no more room."""
FAILURES_IN_A_ROW = 3
"""So many failed trials at the start, or in a row, mean that something is wrong with the study."""
METER_SECONDS = 10.0
KILLED = "the training process ended unexpectedly (killed, or an error before the training)."
RESUMPTIONS = 2
"""A trial whose trainer was killed is resumed this often by one driver."""


class Taken(RunError):
    """Another driver works on this study."""


class Driver:
    """Drives one study until it has ended."""

    def __init__(self, study: Study):
        self.study = study
        self._known: dict[str, Trial] = {}
        self._resumed: dict[str, int] = {}
        self._is_exhausted = False
        self._meter: energy.Meter | None = None
        self._used, self._measured = energy.Energy(), -1e9

    def run(self) -> dict[str, Any]:
        """Works until the study has ended, and returns the content of its result.json.

        Raises:
            Taken: another driver works on it.
            UserError: the plan is invalid, or a file cannot be written. Nothing is lost: the study can be resumed.
        """
        with self._alone():
            if (result := self.study.result) is not None:
                return result
            plan = self.study.plan
            if plan.sampler == "tpe" and not proposals.is_installed():
                raise SettingError(proposals.NOT_INSTALLED)
            if not datasets.is_ready(plan.base.data):
                _say(f"Preparing {datasets.facts(plan.base.data).title} …")
                datasets.prepare(plan.base.data)
            self._meter = energy.Meter(self.study.folder)
            while True:
                trials = self._look()
                self._measure()
                if failure := _failure(trials):
                    self._end_open(trials)
                    return self._conclude(plan, "failed", failure)
                if self._is_over(plan):
                    self._end_open(trials)
                else:
                    try:
                        if self._prune(plan, trials) or self._add(plan, trials):
                            continue
                    except QueueFull:  # its owner has queued other runs
                        time.sleep(FULL_SECONDS)
                        continue
                if not any(trial.is_open for trial in trials):
                    break
                time.sleep(POLL_SECONDS)
            outcome = "stopped" if self.study.is_stop_requested else "finished"
            return self._conclude(plan, outcome)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            lock = processes.acquired(self.study.folder / LOCK, LOCK_SECONDS)
        except filelock.Timeout:
            raise Taken(f"Another process already works on the study '{self.study.id}'.") from None
        except OSError as error:
            raise RunError(f"The folder of the study is not writable: {error.strerror}.") from error
        with contextlib.suppress(OSError):
            (self.study.folder / STARTING).unlink(missing_ok=True)
        try:
            yield
        finally:
            lock.release()

    def _look(self) -> list[Trial]:
        """The trials as they are now. Prints what has ended, and resumes trials whose trainer was killed."""
        trials = self.study.trials(self._known)
        for trial in trials:
            before = self._known.get(trial.run.id)
            if trial.state == "lost" and self._resumed.get(trial.run.id, 0) < RESUMPTIONS:
                self._resumed[trial.run.id] = self._resumed.get(trial.run.id, 0) + 1
                _say(f"Trial {trial.number}: the trainer was killed; resuming.")
                jobs.start(trial.run)
            elif before is not None and before.is_open and not trial.is_open:
                _say(_line(trial))
        found = self.study.trials(self._known) if any(trial.state == "lost" for trial in trials) else trials
        self._known = {trial.run.id: trial for trial in found}
        return found

    def _is_over(self, plan: Plan) -> bool:
        is_late = plan.until is not None and time.time() >= plan.until
        is_used_up = plan.energy_kwh is not None and self._used.kwh >= plan.energy_kwh
        return self.study.is_stop_requested or is_late or is_used_up

    def _measure(self) -> None:
        """Notes the energy used so far, now and then."""
        if self._meter is not None and time.monotonic() - self._measured >= METER_SECONDS:
            self._used, self._measured = self._meter.write(), time.monotonic()

    def _add(self, plan: Plan, trials: list[Trial]) -> bool:
        """Queues the next trial if there is room for one."""
        is_full = sum(trial.is_open for trial in trials) >= plan.parallel
        if is_full or self._is_exhausted or len(trials) >= plan.budget:
            return False
        number = max((trial.number for trial in trials), default=-1) + 1
        params = proposals.propose(plan, number, trials)
        if params is None:
            self._is_exhausted = True
            return False
        config = space.config_of(plan.base, params)
        record = trial_records.TrialRecord(self.study.id, number, params)
        label = run_name.with_ending(self.study.title, f" #{number}")
        jobs.begin(config, label, run_id=self.study.run_id(number), trial=record, backend=plan.backend)
        return True

    def _prune(self, plan: Plan, trials: list[Trial]) -> bool:
        """Asks running trials to stop that are unlikely to win."""
        for trial in trials:
            if trial.state != "running" or trial.run.request.stop:
                continue
            config = space.config_of(plan.base, trial.params)
            epochs = config.epochs + more_epochs(config.model, config.model_settings)
            others = [other for other in trials if other.number != trial.number]
            if pruning.should_end(trial, others, plan.pruner, epochs, is_higher_better=plan.is_higher_better):
                _say(f"Trial {trial.number}: ended after epoch {len(trial.curve)}, as others were better by then.")
                trial.run.send_request(stop=True)
        return False

    def _end_open(self, trials: list[Trial]) -> None:
        for trial in trials:
            if trial.is_open and not trial.run.request.stop:
                jobs.stop(trial.run)

    def _conclude(self, plan: Plan, outcome: str, message: str = "") -> dict[str, Any]:
        """Evaluates the winner on the test set and writes the result. If killed halfway, it is done again alike."""
        trials = self.study.trials()
        if self._meter is not None:
            self._meter.write()
        winner = best(trials, plan)
        result: dict[str, Any] = {
            "version": RESULT_VERSION,
            "outcome": outcome,
            "ended": time.time(),
            "tried": len(trials),
            "scored": sum(trial.value is not None for trial in trials),
        }
        if winner is not None and outcome != "failed":
            result |= {"winner": winner.run.id, "value": winner.value}
            bias = selection_bias.estimate(trials) if plan.metric == "val_accuracy" else None
            if bias is not None:
                result["bias"] = {
                    "bias": bias.bias,
                    "accuracy": bias.accuracy,
                    "trials": bias.trials,
                    "images": bias.images,
                }
            try:
                found = spared_test_set.evaluate(winner.run)
                score = wilson(round(found.accuracy * found.count), found.count)
                result["test"] = {
                    "accuracy": score.value,
                    "low": score.low,
                    "high": score.high,
                    "images": found.count,
                }
            except UserError as error:
                message = f"The winner could not be evaluated on the test set: {error}"
        elif winner is None and not message:
            message = "No trial has a validation score, so there is no winner."
        if message:
            result["message"] = message
        try:
            atomic.write_json(self.study.folder / "result.json", result)
        except OSError as error:
            raise RunError(f"The result of the study cannot be written: {error.strerror}. Free some space.") from error
        _say(_ending(result))
        return result


def _failure(trials: list[Trial]) -> str:
    """Why the study should end: its latest trials all failed. Empty if it may go on."""
    ended = [trial for trial in trials if not trial.is_open and trial.state != "aside"]
    latest = ended[-FAILURES_IN_A_ROW:]
    if len(latest) < FAILURES_IN_A_ROW or any(trial.value is not None for trial in latest):
        return ""
    reason = next((str(trial.result["message"]) for trial in latest if trial.result and "message" in trial.result), "")
    if not reason and all(trial.state == "lost" for trial in latest):
        log = f"See the log on the page of run {latest[-1].run.id}."
        return f"The last {FAILURES_IN_A_ROW} trials were interrupted: {KILLED} {log}"
    reason = reason or "they reported no validation score."
    return f"The last {FAILURES_IN_A_ROW} trials failed: {reason}"


def _line(trial: Trial) -> str:
    params = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in trial.params.items()
    )
    score = "no score" if trial.value is None else f"{trial.value:.4f}"
    return f"Trial {trial.number}: {names.state_word(trial.state)}, {score} ({params})"


def _ending(result: dict[str, Any]) -> str:
    outcome = result["outcome"].capitalize()
    if "winner" not in result:
        return f"{outcome}: {result['message']}"
    test = f", test accuracy {percent(result['test']['accuracy'])}" if "test" in result else ""
    return f"{outcome} after {result['tried']} trials. Winner: {result['winner']}, {result['value']:.4f}{test}."


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more, or the disk is full
        print(text, flush=True)
