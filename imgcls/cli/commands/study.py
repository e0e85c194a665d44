"""`imgcls study`: start, run, watch, stop and delete a hyper-parameter search."""

import contextlib
import json
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from imgcls import runs, studies
from imgcls.cli import exit_codes
from imgcls.errors import UserError
from imgcls.params import Value
from imgcls.runs.index import names
from imgcls.studies import Plan, Study, Trial, another_night, more_trials, plan, proposals, trash
from imgcls.studies import energy as energy_used
from imgcls.studies.driver import Driver, Taken

app = App(name="study", help="Search for good settings: many runs, the best of which is chosen on validation images.")
AsJson = Annotated[bool, Parameter(name="--json", negative="", show_default=False, help="Print JSON, for programs.")]
Id = Annotated[str, Parameter(help="The ID of a study.")]


@app.command
def start(
    file: Annotated[Path, Parameter(help="The study as YAML or JSON.")],
    /,
    *,
    id: Annotated[
        str, Parameter(name="--id", show_default=False, help="ID of the study (default: date and time).")
    ] = "",
    until: Annotated[
        str, Parameter(name="--until", show_default=False, help="End at this time of day, for example 07:00.")
    ] = "",
    hours: Annotated[float, Parameter(name="--hours", show_default=False, help="End after this many hours.")] = 0.0,
    energy: Annotated[
        float, Parameter(name="--energy", show_default=False, help="End when this many kWh have been used.")
    ] = 0.0,
    backend: Annotated[
        str,
        Parameter(
            name="--backend", show_default=False, help="The backend on which trials train, if several are configured."
        ),
    ] = "",
    background: Annotated[
        bool, Parameter(name="--background", negative="", show_default=False, help="Return at once.")
    ] = False,
) -> int:
    """Start a study and work on it until it has ended. Ctrl-C interrupts it; “imgcls study run ID” resumes it.

    Example of a file:

        settings: {data: mnist_sample, model: cnn, epochs: 5}
        vary: {learning_rate: {from: 1e-4, to: 1e-1, log: true}, filters: [16, 32, 64]}
        trials: 30

    Example: imgcls study start search.yaml

    Example: imgcls study start search.yaml --until 07:00 --background

    Without a file: imgcls train --data mnist_sample --vary learning_rate=1e-4..1e-2:log --trials 20
    """
    exit_codes.existing(file, "study file")
    with exit_codes.exits_with(exit_codes.USAGE):
        planned = plan.read(file).limited(until, hours, energy)
        if backend:
            planned = planned.changed(backend=backend)
    return begin(planned, id, is_background=background)


def begin(planned: Plan, study_id: str, *, is_background: bool) -> int:
    """Creates the study, prints its ID and works on it until it has ended, or leaves that to another process."""
    with exit_codes.exits_with(exit_codes.USAGE):
        if planned.sampler == "tpe" and not proposals.is_installed():
            raise UserError(proposals.NOT_INSTALLED)
        if not planned.title and not study_id:  # an ID that somebody has chosen says more
            planned = planned.changed(title=studies.unused_title(runs.default_label(planned.base)))
        study = studies.create(planned, study_id=study_id)
    print(study.id, flush=True)
    if is_background:
        studies.drive(study)
        return exit_codes.OK
    return _drive(study)


@app.command
def run(
    study: Id,
    /,
    *,
    add_trials: Annotated[
        int,
        Parameter(
            name="--add-trials", show_default=False, help="Add so many trials first, also to a study that has ended."
        ),
    ] = 0,
) -> int:
    """Work on a study until it has ended, for example after a reboot. Nothing is tried twice.

    Example: imgcls study run study-20260102-030405-ab12

    More trials for a study that has ended: imgcls study run study-20260102-030405-ab12 --add-trials 10
    """
    one = _found(study)
    if add_trials:
        with exit_codes.exits_with(exit_codes.USAGE):
            planned = more_trials.add(one, add_trials)
        print(f"The study now has a budget of {planned.budget:,} trials.", flush=True)
    elif one.result is not None:
        print(f"This study has ended. Add trials with: imgcls study run {one.id} --add-trials {more_trials.USUAL}")
    return _drive(one)


@app.command
def status(
    study: Annotated[str, Parameter(help="The ID of a study; without it, all are listed.")] = "",
    /,
    *,
    as_json: AsJson = False,
) -> None:
    """List all studies, or the trials of one.

    Example: imgcls study status

    Example: imgcls study status study-20260102-030405-ab12 --json
    """
    if not study:
        found = [_described(one) for one in studies.all_studies()]
        if as_json:
            print(json.dumps(found, ensure_ascii=False, indent=1))
            return
        for row in found:
            print(f"{row['id']:32} {row['state']:11} {row['tried']:>4} of {row['budget'] or '–':<4}  {row['title']}")
        if not found:
            print("There are no studies yet. Start one with: imgcls study start FILE")
        return
    one = _found(study)
    trials = one.trials()
    if as_json:
        rows = [_row(trial) for trial in trials]
        print(json.dumps(_described(one) | {"result": one.result, "trials": rows}, ensure_ascii=False, indent=1))
        return
    print("\n".join(_lines(one, trials)))


@app.command
def stop(study: Id, /) -> None:
    """End a study: running trials keep their best epoch, and the best trial so far is evaluated on the test set.

    Example: imgcls study stop study-20260102-030405-ab12
    """
    one = _found(study)
    one.request_stop()
    studies.drive(one)  # an interrupted study needs a driver to end
    print(f"Stop requested. See: imgcls study status {one.id}")


@app.command
def delete(study: Id, /) -> None:
    """Delete a study that has ended. Its trials are runs and stay; the Studies page can restore it for a day.

    Example: imgcls study delete study-20260102-030405-ab12
    """
    one = _found(study)
    with exit_codes.exits_with(exit_codes.USAGE):
        trash.delete(one)
    print(f"Deleted {one.id}. Its trials are still among the runs.")


def _drive(study: Study) -> int:
    try:
        result = Driver(study).run()
    except Taken as error:
        raise exit_codes.CommandError(str(error), exit_codes.USAGE) from error
    except KeyboardInterrupt:
        print(f"\nInterrupted. Queued trials continue. Resume with: imgcls study run {study.id}")
        return exit_codes.INTERRUPTED
    return exit_codes.FAILED if result["outcome"] == "failed" else exit_codes.OK


def _found(study_id: str) -> Study:
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        return studies.find(study_id)


def _described(study: Study) -> dict[str, Any]:
    budget = None
    with contextlib.suppress(UserError):  # its state says that it is damaged
        budget = study.plan.budget
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(study.created))
    state, tried = study.state, studies.ended(study.runs())
    return {
        "id": study.id,
        "title": study.title,
        "state": state,
        "created": created,
        "tried": tried,
        "budget": budget,
    }


def _row(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "run": trial.run.id,
        "state": trial.state,
        "value": trial.value,
        "epochs": len(trial.curve),
        "params": dict(trial.params),
    }


def _lines(study: Study, trials: list[Trial]) -> list[str]:
    planned = study.plan
    progress = f"{studies.ended(trials)} of {planned.budget} trials"
    lines = [f"{study.title}: {study.state}, {progress}, chosen by {planned.metric}", ""]
    winner = studies.best(trials, planned)
    for trial in trials:
        value = "–" if trial.value is None else f"{trial.value:.4f}"
        mark = "*" if winner is not None and trial.number == winner.number else " "
        params = ", ".join(f"{name} {_shown(value)}" for name, value in trial.params.items())
        lines.append(f"{mark}{trial.number:>4}  {names.state_word(trial.state):11} {value:>7}  {params}")
    result = study.result
    if result is None:
        return lines
    lines.append("")
    if "winner" in result:
        lines.append(f"Winner: {result['winner']} ({planned.metric} {result['value']:.4f})")
    lines += [sentence for sentence in studies.sentences(result) if sentence]
    if (used := energy_used.read(study.folder)).joules:
        lines.append(used.sentence())
    scores = [trial.value for trial in trials if trial.value is not None]
    more = another_night.gain(scores, is_higher_better=planned.is_higher_better)
    if not more:
        return [*lines, another_night.missing(len(scores))]
    return [*lines, another_night.sentence(more, planned.metric, len(scores), another_night.training_seconds(trials))]


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
