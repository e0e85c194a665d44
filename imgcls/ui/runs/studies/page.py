"""The Studies page: all searches, or the one that the URL names."""

import time

import streamlit as st

from imgcls import datasets, models, studies
from imgcls.errors import RunError, UserError
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.sharing import Action
from imgcls.studies import Plan, Study, Trial, another_night, energy, selection_bias, space
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.runs.studies import (
    adding,
    brushing,
    cards,
    deleting,
    failures,
    first_study,
    renaming,
    repeating,
    results,
    trial_curves,
    trials_table,
    words,
)
from imgcls.ui.train import settings_form
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

TICK_SECONDS = 2.0
LIVE = ("running", "stopping")
WHAT = (
    "Finds good settings for you: trains many short runs and keeps the best. Each trial is an ordinary run; the winner "
    "is chosen on validation images, and only the winner is evaluated on the test set."
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
    st.caption(WHAT)
    found = studies.all_studies()
    if not found:
        first_study.show()
        deleting.undo()
        return
    first_study.offer("New study", is_primary=True)
    is_live = any(study.state in LIVE for study in found)
    st.fragment(run_every=TICK_SECONDS if is_live else None)(_cards)(is_live)
    deleting.undo()


def _cards(was_live: bool) -> None:
    """The cards, renewed while a study runs. A full rerun follows its end, which also ends the renewing."""
    found = studies.all_studies()
    if was_live and not any(study.state in LIVE for study in found):
        st.rerun()
    cards.show(found)


def _show_study(study: Study) -> None:
    if st.button("All studies", icon=":material/arrow_back:", type="tertiary"):
        links.go("studies.py")
    st.title(plain(study.title))
    state = study.state
    if state == "damaged":
        st.markdown(cards.state(state, ""))
        try:
            study.plan  # noqa: B018  (its message says what is wrong)
        except UserError as error:
            errors.show(error)
            st.info("Correct study.json in the folder of the study, or start a new study. Its runs are unaffected.")
        else:
            with shown():
                study.result  # noqa: B018
        deleting.offer(study)
        return
    is_live = state in LIVE
    st.fragment(run_every=TICK_SECONDS if is_live else None)(_study)(study, state)
    with st.container(horizontal=True):
        renaming.offer(study)
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
    st.markdown(
        cards.state(state, plain(f"{data} · {models.title(plan.base.model)} · {formatting.age(study.created)}"))
    )
    st.caption(plain(f"Varied: {_varied(plan)}."), help=words.list_of(plan) or None)
    open_trials = sum(trial.is_open for trial in trials)
    if state in ("running", "stopping", "interrupted"):
        done = studies.ended(trials)
        waiting = sum(trial.state == "queued" for trial in trials)
        queued = f", {waiting} in the queue" if waiting else ""
        text = f"{done} of {plan.budget} trials have ended, {open_trials - waiting} in progress{queued}"
        st.progress(min(1.0, done / plan.budget), text)
        trial_curves.name_running(plan, trials)
        if plan.until is not None:
            st.caption(f"Ends at {time.strftime('%H:%M, %d %B', time.localtime(plan.until))} at the latest.")
        _buttons(study, state)
        _others(state)
    result = study.result or {}
    winner = _winner(plan, trials, result)
    left, right = st.columns(2, gap="large")
    with left:
        _numbers(study, trials, winner, result)
        _explanation(result, state)
        failures.show(trials)
        _night(study, trials, state)
    with right:
        results.progress(study, plan, trials, winner)
    adding.offer(study, plan, trials, state)
    results.show(study, plan, trials, winner)
    chosen = brushing.chosen(study)
    trials_table.show(study, plan, [one for one in trials if not chosen or one.run.id in chosen], winner)


def _explanation(result: dict, state: str) -> None:
    """How the figures were measured, folded, as they stand above it; what went wrong is always shown."""
    if state == "failed":
        st.error(plain(" ".join(studies.sentences(result))), icon=":material/error:")
        return
    if found := studies.sentences({name: value for name, value in result.items() if name != "message"}):
        with st.expander("How these scores were measured", key="study-scores"):
            st.markdown(plain(" ".join(found)))
    if message := result.get("message"):
        st.warning(plain(message), icon=":material/warning:")


def _winner(plan: Plan, trials: list[Trial], result: dict) -> Trial | None:
    """The best trial so far; of a study that has ended, the one whose test score the result has, if it still exists."""
    named = result.get("winner")
    if named is None:
        return studies.best(trials, plan)
    found = next((trial for trial in trials if trial.run.id == named), None)
    if found is None:
        st.warning(
            f"The winner, run {plain(named)}, no longer exists: it was deleted or renamed. Its test accuracy was "
            "measured before; the best of the other trials is not tested.",
            icon=":material/search_off:",
        )
    return found


def _varied(plan: Plan) -> str:
    """The settings and their values: "learning rate 0.0001 to 0.1 (logarithmic); filters 16, 32"."""
    return "; ".join(f"{words.of(plan, name)} {domain}" for name, domain in plan.vary.items())


def _night(study: Study, trials: list[Trial], state: str) -> None:
    """The energy used, and what as many trials again would gain."""
    plan, used = study.plan, energy.read(study.folder)
    if used.joules:
        budget = f" The budget is {plan.energy_kwh:g} kWh." if plan.energy_kwh else ""
        st.caption(plain(used.sentence() + budget))
    scores = [trial.value for trial in trials if trial.value is not None]
    more = another_night.gain(scores, is_higher_better=plan.is_higher_better)
    if more is not None:
        st.markdown(
            plain(another_night.sentence(more, plan.metric, len(scores), another_night.training_seconds(trials)))
        )
    elif state not in LIVE:
        st.caption(another_night.missing(len(scores)))


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


def _others(state: str) -> None:
    """How this study shares the machine."""
    count = sum(one.state in LIVE for one in studies.all_studies()) if state in LIVE else 0
    if count > 1:
        st.caption(f"{count} studies are running. Their trials take turns in the same training queue.")


def _stop(study: Study) -> None:
    with shown():
        study.request_stop()
        studies.drive(study)


def _numbers(study: Study, trials: list[Trial], winner: Trial | None, result: dict) -> None:
    if winner is None:
        return
    plan, test, bias = study.plan, result.get("test"), result.get("bias")
    value = float(result.get("value") or winner.value or 0.0)
    is_accuracy = plan.metric == "val_accuracy"
    numbers = [
        Number(
            "Best validation" if is_accuracy else "Lowest loss",
            plan.written(value),
            f"trial {winner.number}",
            "The best score of all trials, on the images used to choose it. The best of many scores is partly luck.",
        ),
        Number("Trials ended", f"{studies.ended(trials):,}", f"of {plan.budget:,}"),
    ]
    if bias and bias["trials"] >= selection_bias.FEW_TRIALS:
        numbers.append(
            Number(
                "Selection bias",
                f"{100 * bias['bias']:.2f}",
                "points, estimated",
                "By how much the winner's validation accuracy is probably too high because it is the best of many. "
                "Bootstrap over validation images (BBC-CV, Tsamardinos et al. 2018).",
            )
        )
    if test:
        numbers.append(
            Number(
                "Test, winner",
                percent(test["accuracy"]),
                f"95% CI {interval(test['low'], test['high'])}",
                "Measured once, after the winner was chosen.",
            )
        )
    metric_row.show(numbers)
    chosen = ", ".join(f"{words.of(plan, name)} **{plain(_text(value))}**" for name, value in winner.params.items())
    st.markdown(f"The winner: {chosen}." if "winner" in result else f"The best so far: {chosen}.")
    with st.container(horizontal=True):
        if st.button(f"Open trial {winner.number}", type="primary", icon=":material/open_in_new:"):
            links.go("train.py", run=winner.run.id)
        if st.button(
            "Train with these settings",
            icon=":material/tune:",
            help="Opens the form with the settings of the winner, for example to train longer.",
        ):
            with shown():
                form = settings_form.form_of(space.config_of(plan.base, winner.params))
                links.train(settings_form.query_of(form), **form)
        if test and st.button("Evaluate the winner", icon=":material/fact_check:"):
            links.go("evaluate.py", run=winner.run.id)
        if "winner" in result:
            repeating.offer(study, plan, winner)
    if "winner" in result:
        repeating.say(study, winner)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
