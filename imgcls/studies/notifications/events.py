"""What has happened: compares runs, studies, disk and queue with how they were at the last look."""

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from imgcls import jobs, languages
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.runs import Run, index
from imgcls.studies import study as studies
from imgcls.studies.notifications import messages
from imgcls.studies.notifications.thresholds import Judge, Rule
from imgcls.system import paths

STALLED_SECONDS = 600.0
"""A trainer that has been silent this long; a busy machine may delay a heartbeat by a minute."""
STUCK_SECONDS = 900.0
"""The queue is stuck if runs have waited this long and none trains."""
LEAST_FREE_BYTES = 2 << 30
LEAST_FREE_FRACTION = 0.03
OPEN = ("queued", "starting", "running", "paused")
MOST_TEXT = 500


@dataclass(frozen=True)
class Event:
    """Something to tell. `key` is the same for the same thing, `at` in seconds since 1970, `link` a page of the app.

    `facts` are what programs need not read from the text: the run or study, its state and its scores.
    """

    kind: str
    title: str
    text: str
    key: str
    at: float
    link: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass
class Memory:
    """What was known at the last look; see `Watcher` for how it survives a restart."""

    runs: list[str] = field(default_factory=list)
    studies: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    stuck_since: float | None = None
    judge: Judge = field(default_factory=Judge)


def since(memory: Memory, now: float, *, trials: bool, rules: Sequence[Rule] = ()) -> list[Event]:
    """The events since the last look, and brings `memory` up to date.

    Args:
        memory: of the last look.
        now: seconds since 1970.
        trials: also for trials of studies.
        rules: what a run must not do.
    """
    of_runs = _runs(memory, now, trials, rules)
    return [*of_runs, *_studies(memory, now), *_queue(memory, now), *_disk(memory, now), *_messages(memory)]


def _messages(memory: Memory) -> list[Event]:
    """What the user's own code has written; about a run that is gone, nothing is sent."""
    events = []
    for one in messages.waiting():
        rows = index.search(index.Query(archived=True, only=(one.run,))).rows
        if not rows:
            messages.remove(one.key)
            continue
        title = f"Message about {rows[0]['name']}"
        events += _once(memory, Event("message", title, one.text, one.key, one.at, _link(rows[0]), _facts(rows[0])))
    return events


def fetched(memory: Memory) -> None:
    """Removes the messages that `memory` knows, which must be on disk: a crash before this sends none of them twice."""
    for one in messages.waiting():
        if one.key in memory.told:
            messages.remove(one.key)
            _forget(memory, one.key)


def _once(memory: Memory, event: Event) -> list[Event]:
    """The event, unless it was reported already and has not ended."""
    if event.key in memory.told:
        return []
    memory.told.append(event.key)
    return [event]


def _forget(memory: Memory, key: str) -> None:
    if key in memory.told:
        memory.told.remove(key)


def _broken(memory: Memory, row: dict[str, Any], now: float, rules: Sequence[Rule]) -> list[Event]:
    events: list[Event] = []
    for rule, value in memory.judge.broken_by(Run(paths.runs_folder() / row["id"]), rules):
        title = f"{row['name']}: {rule.words}" if rule.metric else f"{row['name']} is {rule.words}"
        key = f"threshold-{row['id']}-{rule.words}-{rule.epoch}"
        events += _once(memory, Event("threshold", title, rule.found(value), key, now, _link(row), _facts(row)))
    return events


def _runs(memory: Memory, now: float, trials: bool, rules: Sequence[Rule]) -> list[Event]:
    open_rows = index.search(index.Query(archived=True, exact={"state": list(OPEN)})).rows
    present = {row["id"] for row in open_rows}
    gone = [run_id for run_id in memory.runs if run_id not in present]
    events: list[Event] = []
    if gone:
        for row in index.search(index.Query(archived=True, only=tuple(gone))).rows:
            _forget(memory, f"stalled-{row['id']}")
            if trials or row["study"] is None:
                events += [*_broken(memory, row, now, rules), *_ended(row, now)]
            memory.judge.forget(Run(paths.runs_folder() / row["id"]))
            memory.told = [key for key in memory.told if not key.startswith(f"threshold-{row['id']}-")]
    for row in open_rows:
        if row["state"] in ("running", "paused") and (trials or row["study"] is None):
            events += _broken(memory, row, now, rules)
        run, key = Run(paths.runs_folder() / row["id"]), f"stalled-{row['id']}"
        if row["state"] == "running" and run.silence > STALLED_SECONDS:
            text = f"No sign of life for {run.silence / 60:.0f} minutes. The machine may be overloaded or suspended."
            title = f"{row['name']} does not respond"
            events += _once(memory, Event("stalled", title, text, key, now, _link(row), _facts(row)))
        else:
            _forget(memory, key)
    memory.runs = sorted(present)
    return events


def _ended(row: dict[str, Any], now: float) -> list[Event]:
    name, link, key = row["name"], _link(row), f"run-{row['id']}-{row['state']}-{now:.0f}"
    facts = _facts(row)
    if row["state"] in ("finished", "stopped"):
        text = " ".join(filter(None, (_scores(row), _times(row))))
        verb = "was" if row["state"] == "stopped" else "has"
        return [Event("finished", f"{name} {verb} {row['state']}", text, key, now, link, facts)]
    if row["state"] == "failed":
        return [Event("failed", f"{name} has failed", _message(row["id"]), key, now, link, facts)]
    if row["state"] == "lost":
        is_full = Run(paths.runs_folder() / row["id"]).ended_on_full_disk
        text = "The disk with the runs is full." if is_full else "The training process ended unexpectedly."
        text += " Open the run to resume it from its checkpoint."
        return [Event("stalled", f"{name} was interrupted", text, key, now, link, facts)]
    return []


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    """Accuracies are fractions; None if there is none (yet)."""
    return {
        "run": row["id"],
        "study": row["study"],
        "name": row["name"],
        "dataset": row["data"],
        "model": row["model"],
        "state": row["state"],
        "validation_accuracy": row["best"],
        "test_accuracy": row["test"],
    }


def _scores(row: dict[str, Any]) -> str:
    """The best score that is known: a trial of a study has not seen the test set."""
    for name, score in (("macro F1", row["macro_f1"]), ("accuracy", row["test"])):
        if score is not None:
            return f"Test {name} {percent(score)}."
    return "" if row["best"] is None else f"Validation accuracy {percent(row['best'])}."


def _times(row: dict[str, Any]) -> str:
    """The same two times as on the run's page."""
    if row["training_seconds"] is None:
        return ""
    total = "" if row["seconds"] is None else f", total time {languages.duration(row['seconds'])}"
    return f"Training time {languages.duration(row['training_seconds'])}{total}."


def _message(run_id: str) -> str:
    with contextlib.suppress(UserError):
        return str((Run(paths.runs_folder() / run_id).result or {}).get("message", ""))[:MOST_TEXT]
    return ""


def _link(row: dict[str, Any]) -> str:
    return f"/train?run={row['id']}"


def _studies(memory: Memory, now: float) -> list[Event]:
    known = {study.id: study for study in studies.all_studies()}
    states = {study_id: study.state for study_id, study in known.items()}
    events = []
    for study_id in memory.studies:
        state, link = states.get(study_id), f"/studies?study={study_id}"
        if state in ("finished", "stopped", "failed"):
            study = known[study_id]
            result = study.result or {}
            text = str(result.get("message", ""))[:MOST_TEXT]
            if "value" in result:
                scores = f"{_best(study, result['value'])} of {result['tried']} settings."
                if test := result.get("test"):
                    scores = f"{scores} Test accuracy of the winner {percent(test['accuracy'])}."
                text = f"{scores} {text}".strip()
            kind = "failed" if state == "failed" else "finished"
            verb = "was" if state == "stopped" else "has"
            facts, title = _study_facts(study, state), f"{study.title} {verb} {state}"
            # It may end again after more trials, which is another event.
            events.append(Event(kind, title, text, f"study-{study_id}-{now:.0f}", now, link, facts))
        elif state == "interrupted":
            study, key = known[study_id], f"study-{study_id}-interrupted-{now:.0f}"
            text = f"Its process ended unexpectedly after {_trials(study)}. Open the study to resume it."
            facts, title = _study_facts(study, state), f"{study.title} was interrupted"
            events.append(Event("stalled", title, text, key, now, link, facts))
    memory.studies = sorted(study_id for study_id, state in states.items() if state in ("running", "stopping"))
    return events


def _study_facts(study: studies.Study, state: str) -> dict[str, Any]:
    """As `_facts`; the scores are those of the winner."""
    facts: dict[str, Any] = {"study": study.id, "name": study.title, "state": state}
    with contextlib.suppress(UserError):
        facts |= {"dataset": study.plan.base.data, "model": study.plan.base.model}
    winner = (study.result or {}).get("winner")
    rows = index.search(index.Query(archived=True, only=(str(winner),))).rows if winner else []
    if rows:
        facts |= {"run": winner, "validation_accuracy": rows[0]["best"], "test_accuracy": rows[0]["test"]}
    return facts


def _trials(study: studies.Study) -> str:
    """How far it is, for example "3 of 6 trials"; have ended."""
    return f"{studies.ended(study.runs())} of {study.plan.budget} trials"


def _best(study: studies.Study, value: float) -> str:
    """The score of the winner, of which a loss is no percentage."""
    with contextlib.suppress(UserError):
        if not study.plan.is_higher_better:
            return f"Lowest validation loss {value:.4f}"
    return f"Best validation accuracy {percent(value)}"


def _queue(memory: Memory, now: float) -> list[Event]:
    waiting = len(jobs.waiting())
    is_training = bool(index.search(index.Query(archived=True, limit=1, exact={"state": list(OPEN[1:3])})).total)
    if not waiting or is_training:
        memory.stuck_since = None
        _forget(memory, "queue")
        return []
    memory.stuck_since = memory.stuck_since or now
    if now - memory.stuck_since < STUCK_SECONDS:
        return []
    text = f"{waiting} runs wait, and none has started for {(now - memory.stuck_since) / 60:.0f} minutes."
    return _once(memory, Event("queue", "The queue is stuck", text, "queue", now, "/runs"))


def _disk(memory: Memory, now: float) -> list[Event]:
    try:
        usage = shutil.disk_usage(paths.runs_folder())
    except OSError:
        return []
    if usage.free > max(LEAST_FREE_BYTES, LEAST_FREE_FRACTION * usage.total):
        _forget(memory, "disk")
        return []
    text = f"{usage.free / 1e9:.1f} GB are left where runs are stored. Delete runs, or free space otherwise."
    return _once(memory, Event("disk", "The disk is nearly full", text, "disk", now, "/runs"))
