"""The Studies page: all searches, or the one that the URL names."""

import time

import pyarrow as pa
import streamlit as st

from imgcls import datasets, studies
from imgcls.errors import RunError, UserError
from imgcls.evaluation.metrics.percent import interval
from imgcls.sharing import Action
from imgcls.studies import Study, Trial, another_night, energy
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.runs.studies import deleting, results
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import empty_state, formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

TICK_SECONDS = 2.0
STATES = {
    "running": ("Running", ":material/play_circle:", "blue"),
    "stopping": ("Stopping", ":material/hourglass_bottom:", "orange"),
    "interrupted": ("Interrupted", ":material/power_off:", "red"),
    "finished": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped", ":material/stop_circle:", "orange"),
    "failed": ("Failed", ":material/error:", "red"),
    "damaged": ("Damaged", ":material/broken_image:", "red"),
}
"""State of a study -> the word, icon and colour it is shown with."""
METRICS = {"val_accuracy": "Validation accuracy", "val_loss": "Validation loss"}
WHAT = (
    "A study tries many settings and keeps the best. Each trial is an ordinary run; validation images choose the "
    "winner, and only the winner is evaluated on the test set."
)


def show() -> None:
    """The whole page."""
    study_id = st.query_params.get("study")
    if study_id:
        try:
            _show_study(studies.find(study_id))
            return
        except RunError as error:
            st.warning(plain(str(error)), icon=":material/search_off:")
    _show_list()


def _show_list() -> None:
    st.title("Studies")
    found = studies.all_studies()
    if not found:
        empty_state.show("No studies yet", f"{WHAT} Choose what to vary below Start on the Train page.")
        deleting.undo()
        return
    st.caption(WHAT)
    with st.container(border=True, gap="small"):
        for study in found:
            name, what = st.columns([5, 6], vertical_alignment="center")
            if name.button(plain(study.title), key=f"open-{study.id}", type="tertiary", icon=":material/open_in_new:"):
                links.go("studies.py", study=study.id)
            what.markdown(_state(study.state, _progress(study)))
    deleting.undo()


def _state(state: str, text: str) -> str:
    word, icon, colour = STATES[state]
    return f":{colour}-badge[{icon} {word}] &nbsp; :gray[:small[{text}]]"


def _progress(study: Study) -> str:
    try:
        budget = f"{len(study.runs())} of {study.plan.budget} trials"
    except UserError:
        return ""
    return plain(f"{budget} · {formatting.age(study.created)}")


def _show_study(study: Study) -> None:
    st.title(plain(study.title))
    state = study.state
    if state == "damaged":
        st.markdown(_state(state, ""))
        with shown():
            study.plan  # noqa: B018  (its message says what is wrong)
            study.result  # noqa: B018
        st.info("Correct study.json in the folder of the study, or start a new study. Its runs are unharmed.")
        deleting.offer(study)
        return
    is_live = state in ("running", "stopping")
    st.fragment(run_every=TICK_SECONDS if is_live else None)(_study)(study, state)
    if not is_live:
        deleting.offer(study)


def _study(study: Study, state: str) -> None:
    """All of a study that changes while it runs."""
    if study.state != state:
        st.rerun()
    plan, known = study.plan, st.session_state.setdefault(f"known-trials-{study.id}", {})
    trials = study.trials(known)
    known.update({trial.run.id: trial for trial in trials})
    data = datasets.facts(plan.base.data).title
    st.markdown(_state(state, plain(f"{data} · {plan.base.model} · {formatting.age(study.created)}")))
    open_trials = sum(trial.is_open for trial in trials)
    if state in ("running", "stopping", "interrupted"):
        done = len(trials) - open_trials
        st.progress(
            min(1.0, done / plan.budget), f"{done} of {plan.budget} trials have ended, {open_trials} in progress"
        )
        if plan.until is not None:
            st.caption(f"Ends at {time.strftime('%H:%M, %d %B', time.localtime(plan.until))} at the latest.")
        _buttons(study, state)
    winner = studies.best(trials, plan)
    result = study.result or {}
    _numbers(study, trials, winner, result)
    if found := studies.sentences(result):
        st.markdown(plain(" ".join(found)))
    _night(study, trials)
    results.show(study, plan, trials)
    _table(study, trials, winner)


def _night(study: Study, trials: list[Trial]) -> None:
    """The energy used, and what another night would gain."""
    plan, used = study.plan, energy.read(study.folder)
    if used.joules:
        budget = f" The budget is {plan.energy_kwh:g} kWh." if plan.energy_kwh else ""
        st.caption(plain(used.sentence() + budget))
    scores = [trial.value for trial in trials if trial.value is not None]
    more = another_night.gain(scores, is_higher_better=plan.is_higher_better)
    if more is not None:
        st.markdown(plain(another_night.sentence(more, plan.metric)))


def _buttons(study: Study, state: str) -> None:
    with st.container(horizontal=True):
        if state == "interrupted":
            st.button(
                "Resume",
                type="primary",
                icon=":material/play_arrow:",
                on_click=studies.drive,
                args=(study,),
                help="Continues with the trials that exist. Nothing is tried twice.",
            )
        if state != "stopping":
            st.button(
                "Stop and keep the best",
                icon=":material/stop:",
                on_click=_stop,
                args=(study,),
                **rights.button(
                    Action.STOP_STUDY,
                    study.folder,
                    help="Running trials keep their best epoch; the best trial so far is evaluated on the test set.",
                ),
            )


def _stop(study: Study) -> None:
    with shown():
        study.request_stop()
        studies.drive(study)


def _numbers(study: Study, trials: list[Trial], winner: Trial | None, result: dict) -> None:
    if winner is None:
        return
    plan, test, bias = study.plan, result.get("test"), result.get("bias")
    value = winner.value or 0.0
    is_accuracy = plan.metric == "val_accuracy"
    numbers = [
        Number(
            "Best validation" if is_accuracy else "Lowest loss",
            formatting.fraction(value) if is_accuracy else f"{value:.4f}",
            f"trial {winner.number}",
            "The best score of all trials, on the images that chose it. It is partly luck: see the selection bias.",
        ),
        Number("Settings tried", f"{len(trials):,}", f"of {plan.budget:,}"),
    ]
    if bias:
        numbers.append(
            Number(
                "Selection bias",
                f"{100 * bias['bias']:.1f}",
                "points, estimated",
                "By how much the winner's validation accuracy is probably too high because it is the best of many. "
                "Bootstrap over validation images (BBC-CV, Tsamardinos et al. 2018).",
            )
        )
    if test:
        numbers.append(
            Number(
                "Test, winner",
                formatting.fraction(test["accuracy"]),
                f"95% CI {interval(test['low'], test['high'])}",
                "Measured once, after the winner was chosen.",
            )
        )
    metric_row.show(numbers)
    with st.container(horizontal=True):
        if st.button(f"Open trial {winner.number}", type="primary", icon=":material/open_in_new:"):
            links.go("train.py", run=winner.run.id)
        if test and st.button("Evaluate the winner", icon=":material/fact_check:"):
            links.go("evaluate.py", run=winner.run.id)


def _table(study: Study, trials: list[Trial], winner: Trial | None) -> None:
    if not trials:
        return
    st.header("Trials", anchor=False, help="Select one to open its run.")
    names = list(study.plan.vary)
    columns = {
        "Trial": [trial.number for trial in trials],
        "State": [formatting.STATES[trial.state][0] for trial in trials],
        METRICS[study.plan.metric]: [trial.value for trial in trials],
        **{name.replace("_", " "): [_text(trial.params.get(name)) for trial in trials] for name in names},
        "Epochs": [len(trial.curve) for trial in trials],
        "Winner": [winner is not None and trial.number == winner.number for trial in trials],
    }
    event = st.dataframe(
        pa.table(columns),
        hide_index=True,
        key=f"trials-{study.id}",
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="All trials with their settings and scores.",
    )
    rows = event.selection.rows
    if rows and rows[0] < len(trials):
        trial = trials[rows[0]]
        if st.button(f"Open the run of trial {trial.number}", icon=":material/open_in_new:"):
            links.go("train.py", run=trial.run.id)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else "–" if value is None else str(value)
