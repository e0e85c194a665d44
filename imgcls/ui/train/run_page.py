"""One run on the Train page: live while it trains, its outcome once it has ended."""

from collections.abc import Callable

import streamlit as st

from imgcls import datasets, jobs, languages, models, runs
from imgcls.config import imported_model
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import ENDED, Run, metrics_log, results, trials
from imgcls.runs.metrics_log import Curves
from imgcls.sharing import Action
from imgcls.ui.app import links
from imgcls.ui.app.assignments import attempt, fixed_controls
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.explain import coach, probes
from imgcls.ui.train import detailed, learning_curves, live, presets, settings_form
from imgcls.ui.train.run_parts import details, finish, golden_report, live_images, notes, own_metrics, place, waiting
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting, metric_row, run_select, sharing_choice
from imgcls.ui.widgets.metric_row import Number

OUTCOMES = {
    "stopped": N_("Stopped. The best epoch so far was evaluated and saved."),
    "lost": N_("The training process ended unexpectedly (killed, or the machine shut down)."),
    "full": N_("The training ended because the disk with the runs is full. Free some disk space."),
    "damaged": N_("The files of this run cannot be read. Delete it on the Runs page, or start a new run."),
}
HAS_CHECKPOINT = "Resume continues from the last checkpoint, which is at most one epoch old."
HELD_OUT = N_("On {count} test images that were never used to choose anything.")
CONFIDENCE_INTERVAL = N_("95% CI: the confidence interval, where the accuracy on all such images probably lies.")
TIMES = N_(
    "Training time is the time spent in epochs, without pauses. The total time also includes loading the data, the "
    "evaluation on the test set and saving."
)
NO_CHECKPOINT = "No checkpoint was saved. You can start the run again."
MACRO_F1 = (
    "Mean F1 over the labels (F1: harmonic mean of precision and recall). Evaluate lists every label and its threshold."
)


def show(run: Run, manage: Callable[[Run], None]) -> None:
    """The whole run: heading, live view or outcome, settings and log. `manage` draws what the Runs page can do with a
    run, which knows this package."""
    state = run.state
    run_select.note(run)
    with st.container(horizontal=True, vertical_alignment="center", key="run-title"):
        if st.button("Runs", icon=":material/arrow_back:", type="tertiary", key="to-runs"):
            links.go("runs.py")
        st.title(plain(run.label))
    _heading(run, state)
    if waiting.is_all(state):
        with st.container(key="live"):
            waiting.show(run)
        return
    with shown():
        coach.attempt(run)
    # Both have two elements here, as Streamlit keeps what was at the places that the new page has not reached yet: the
    # live view, whose container the first one replaces, and the buttons below, which would push the curves down.
    if state in ENDED:
        st.empty()
        with st.container(key="ended"):
            if state == "lost":
                _watch(run)
            _announce_end(state)
            _ended(run, state)
    else:
        with st.container(key="live"):
            live.show(run, state)
        st.empty()
    sharing_choice.show(Action.SHARE_RUN, run.folder)  # not before what the visitor has come for
    own_metrics.show(run, state)
    probes.show(run, state)
    manage(run)
    notes.show(run, len(cached_curves.curves(run).epochs))
    details.show(run)


def _ended(run: Run, state: str) -> None:
    """The score and what to do with the model, what it gets right and wrong, then how it learned."""
    result = _outcome(run, state)
    if not run.is_tested:
        _next(run, state, result)  # such as Resume, which comes first then
    mistakes = finish.mistakes(run) if run.is_tested else ""
    left, right = st.columns([11, 5], gap="large") if mistakes else 2 * (st.container(),)
    if run.is_tested or result.get("best_epoch"):  # an attempt at an assignment is not tested
        with left:
            live_images.show(run, saved=result.get("best_epoch"))
    if mistakes:
        right.html(mistakes)
    curves = cached_curves.curves(run)
    _curves(curves)
    if run.is_tested:
        _next(run, state, result)
    golden_report.show(run)
    if curves.epochs and not curves.plan.get("several") and not imported_model.exists(run.folder):
        with shown():
            larger = presets.next_of(run.config)
            if coach.show(run, has_larger=larger is not None) and larger is not None:
                presets.offer_next(run.config, *larger)


@st.fragment(run_every=2.0)
def _watch(run: Run) -> None:
    """Shows a trainer that was only slow or suspended as running again."""
    if run.state != "lost":
        st.rerun()


def _heading(run: Run, state: str) -> None:
    created = _("created {age}").format(age=formatting.age(run.created))
    of_run = (_data_and_model(run), details.main_settings(run), created)
    parts = (*of_run, place.sentence(run), sharing_choice.whose(run.folder))
    text = " · ".join(part for part in parts if part)
    with st.container(key="run-heading"):
        st.markdown(f"{formatting.state(state, plain(text))} {notes.badges(run)}".rstrip())
    attempt.verdict(run)


def _announce_end(state: str) -> None:
    """The state in the tab's title. Nothing covers the page, whose first lines say how the run has ended."""
    st.set_page_config(page_title=f"{formatting.word(state)} · imgcls")


def _outcome(run: Run, state: str) -> dict:
    """Shows how it ended, the scores and what to do with the model. Returns the content of `result.json`."""
    try:
        result = run.result or {}
    except UserError as error:
        result = {"message": str(error)}
    is_imported = imported_model.exists(run.folder)
    message = result.get("message") or _(OUTCOMES.get("full" if run.ended_on_full_disk else state, ""))
    if state == "lost":
        message += f" {HAS_CHECKPOINT if run.can_resume else NO_CHECKPOINT}"
    if message:
        show_message = st.error if state in ("failed", "lost", "damaged") else st.info
        show_message(plain(message), icon=formatting.STATES[state][1])
    panel = finish.panel(run, result)
    if panel:
        with st.container(key="run-result"):
            st.html(panel)
        with st.container(key="run-numbers"):
            st.html(metric_row.markup((_validation(result), *_training_numbers(run, result))))
    elif "test_accuracy" in result:
        count = result.get("counts", {}).get("test", 0)
        (accuracy, low_high), explained = finish.test_accuracy(result), ""
        if count and not is_imported:
            explained = _(HELD_OUT).format(count=languages.number(count)) + f" {_(CONFIDENCE_INTERVAL)}"
        is_multilabel = "test_macro_f1" in result
        of_labels = (
            Number("Macro F1", formatting.fraction(result.get("test_macro_f1")), "test set", MACRO_F1),
            Number("Average precision", formatting.fraction(result.get("test_average_precision")), "mean over labels"),
        )
        shown_numbers = metric_row.markup(
            (
                *(of_labels if is_multilabel else ()),
                Number(
                    _("All labels correct") if is_multilabel else _("Test accuracy"),
                    accuracy,
                    low_high,
                    explained,
                ),
                _validation(result, is_imported=is_imported),
                *(() if is_imported else _training_numbers(run, result)),
            )
        )
        with st.container(key="imported-numbers" if is_imported else "run-numbers"):
            st.html(shown_numbers)
    elif "val_accuracy" in result:  # a trial of a study
        numbers = [Number("Validation accuracy", formatting.fraction(result["val_accuracy"]), "best epoch")]
        metric_row.show([*numbers, *_training_numbers(run, result)])
    if record := trials.read(run):
        changed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.params.items())
        st.caption(plain(f"Trial {record.number} of a study, with {changed}."))
        if st.button("Open the study", icon=":material/travel_explore:"):
            links.go("studies.py", study=record.study)
    if run.is_tested:
        finish.buttons(run)
    return result


def _curves(curves: Curves) -> None:
    if curves.is_damaged:
        st.warning(plain(metrics_log.DAMAGED), icon=":material/broken_image:")
    if curves.batches or curves.epochs:
        learning_curves.draw(curves, can_fit=True)
        with st.container(horizontal=True, vertical_alignment="center"):
            learning_curves.options()
            learning_curves.axis(curves)


def _next(run: Run, state: str, result: dict) -> None:
    """What can be trained from here."""
    task = attempt.next_of(run)
    with st.container(horizontal=True):
        if state != "damaged" and not imported_model.exists(run.folder):
            _train_again(run, task)
        _continue(run, state, result)
        if task is None and st.button(_("New run"), icon=":material/add:"):
            links.go("train.py")
    attempt.say_what_counts(task)


def _train_again(run: Run, task: Assignment | None) -> None:
    """The form with the settings of this run; for an assignment that is open, this is the next step."""
    label = _("Next attempt, with changes") if task else _("Train again with changes")
    if st.button(label, type="primary" if task else "secondary", icon=":material/tune:", key="train-again"):
        form = settings_form.form_of(run.config)
        detailed.open_next()
        links.train(settings_form.query_of(form) | ({fixed_controls.KEY: task.code} if task else {}), **form)


def _validation(result: dict, *, is_imported: bool = False) -> Number:
    is_multilabel = "test_macro_f1" in result
    name = _("Validation accuracy (all labels)") if is_multilabel else _("Validation accuracy")
    return Number(name, formatting.fraction(result.get("val_accuracy")), "" if is_imported else _("best epoch"))


def _training_numbers(run: Run, result: dict) -> tuple[Number, ...]:
    best, total = result.get("best_epoch"), results.total_seconds(result)
    rate = languages.number(round(result.get("pictures_per_second", 0)))
    together = formatting.duration(total).replace(" ", "\N{NO-BREAK SPACE}")  # on a phone, "s" had a line of its own
    return (
        Number(
            _("Best epoch"),
            _("{number} of {count}").format(number=best, count=result.get("epochs")) if best else "–",
            _("lowest validation loss; saved") if _is_chosen_by_loss(run) else _("its weights were saved"),
        ),
        Number(*(attempt.goal_in_numbers(run) or (_("Images per second"), rate, _("while training")))),
        Number(
            _("Training time"),
            formatting.duration(result.get("training_seconds")),
            "" if total is None else _("total time {time}").format(time=together),
            _(TIMES),
        ),
    )


def _is_chosen_by_loss(run: Run) -> bool:
    try:
        return run.config.monitor == "loss"
    except UserError:  # damaged: the page says so
        return False


def _continue(run: Run, state: str, result: dict) -> None:
    """Resume for an interrupted run, additional epochs for a completed one."""

    def resume() -> None:
        with shown():
            jobs.start(run)

    is_refused = state == "failed" and result.get(results.NOT_SUBMITTED) is True
    if state == "lost" or is_refused or (state == "failed" and run.can_resume):
        st.button(
            "Try again" if is_refused else "Resume" if run.can_resume else "Start again",
            type="primary",
            icon=":material/play_arrow:",
            on_click=resume,
            **rights.button(
                Action.RESUME_RUN,
                run.folder,
                help="Queues the run again."
                if is_refused
                else "Continues from the last checkpoint."
                if run.can_resume
                else NO_CHECKPOINT,
            ),
        )
    elif state in ("finished", "stopped") and run.can_resume and "epochs" in result:
        with st.popover(_("Continue training"), icon=":material/fast_forward:"):
            epochs = st.number_input("Additional epochs", 1, 1000, 5, key="more-epochs")
            st.caption(
                "Starts a new run from this model; this run stays unchanged. The learning-rate schedule is stretched "
                "to the new number of epochs."
            )
            if st.button("Start", type="primary", key="extend", **rights.button(Action.START_RUN, run.folder)):
                with shown():
                    links.go("train.py", run=jobs.extend(run, epochs).id)


def _data_and_model(run: Run) -> str:
    """The dataset and the model, or why they are unknown."""
    try:
        data, model = runs.data_and_model(run)
        title = datasets.facts(data).title
    except UserError as error:
        return str(error)
    return f"{title} · {models.title(model)}"
