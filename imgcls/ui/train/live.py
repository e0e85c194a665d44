"""A run that is queued, training or paused: redrawn every second, with all its controls."""

import streamlit as st

from imgcls import jobs, sharing
from imgcls.jobs import backends, waiting_list
from imgcls.params import Range
from imgcls.runs.metrics_log import ENDING, Curves
from imgcls.runs.run import ENDED, SILENT_SECONDS, Run
from imgcls.sharing import Action
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import learning_curves, live_images, settings_form
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

TICK_SECONDS = 1.0
ABOVE_TRAINING = (
    "Validation can be above training: training accuracy is the mean over an epoch in which the model was still "
    "improving, with dropout and augmentation on; validation is measured afterwards, without them."
)
BELOW_TRAINING = (
    "Validation is {} points below training: the model knows its training images better than new ones. A gap that "
    "keeps growing is overfitting."
)
FAST_TICK_SECONDS = 0.4  # until the first point of the curve is drawn
BY_ITSELF = "Starts automatically, even if this page is closed."
PHASES = {
    "": "Starting the training process …",
    "loading": "Loading TensorFlow and the images …",
    "features": "Extracting features …",
    "folds": "Cross-validation …",
    "testing": "Evaluating the best epoch on the test set …",
    "saving": "Saving and verifying the model …",
}


def show(run: Run, state: str) -> None:
    """The live view, and below it the controls, which would lose the focus if they were redrawn with it."""
    is_fast = not cached_curves.curves(run).batches
    tick = None if st.session_state.get("paused-updates") else FAST_TICK_SECONDS if is_fast else TICK_SECONDS
    st.fragment(run_every=tick)(_live)(run, state, is_fast)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            "Pause live updates",
            key="paused-updates",
            help="Training continues; only this page stops updating, so that you can read or zoom.",
        )
        learning_curves.options()
    if state in ("running", "paused") and sharing.decide(Action.TUNE_RUN, run.folder):
        _tuning(run)


def _live(run: Run, shown_state: str, is_fast: bool) -> None:
    state, curves = run.state, cached_curves.curves(run)
    if state in ENDED:
        st.session_state["ended"] = run.id
    # A new state needs another page; once the first point is drawn, one update per second is enough.
    if state != shown_state or (is_fast and curves.batches):
        st.rerun()
    requests = run.request
    place = _place(run) if state == "queued" else None
    is_stopping = requests.stop and place is None
    st.set_page_config(page_title=f"{_title(curves, state)} · imgcls")
    with st.container(horizontal=True, vertical_alignment="bottom", height=64, border=False):
        st.progress(_fraction_done(curves), text=_status(run, curves, state, is_stopping))
        if place is not None:
            _place_buttons(run)
        else:
            _buttons(run, state, is_stopping, requests.pause or curves.phase in ENDING)
    if state not in ("queued", "aside") or curves.epochs:
        _metrics(curves, state, is_stopping)
        live_images.show(run)
        learning_curves.draw(run, forecasts=not is_stopping)
        st.caption(_gap(curves))
        _pending_changes(run, curves)


def _gap(curves: Curves) -> str:
    """One line on why the two accuracies differ."""
    last = curves.epochs[-1] if curves.epochs else {}
    training, validation = last.get("accuracy"), last.get("val_accuracy")
    if training is None or validation is None or training <= validation:
        return ABOVE_TRAINING
    return BELOW_TRAINING.format(f"{100 * (training - validation):.1f}")


def _attempt(action, *arguments, **values) -> None:
    with shown():
        action(*arguments, **values)


def _place_buttons(run: Run) -> None:
    """The controls of a run in the queue."""
    may_move = rights.button(Action.MOVE_RUN, run.folder)
    for label, icon, key, by in (("Earlier", "upward", "earlier", -1), ("Later", "downward", "later", 1)):
        st.button(
            label, icon=f":material/arrow_{icon}:", key=key, on_click=_attempt, args=(jobs.move, run, by), **may_move
        )
    st.button(
        "Remove from queue",
        icon=":material/remove_circle:",
        key="out",
        on_click=_attempt,
        args=(jobs.take_out, run),
        **rights.button(Action.STOP_RUN, run.folder),
    )


def _buttons(run: Run, state: str, is_stopping: bool, cannot_pause: bool) -> None:
    """The controls of a run in this state; a run that waits for a free slot can be stopped."""
    if state == "aside":
        may_start = rights.button(Action.RESUME_RUN, run.folder)
        st.button(
            "Start", icon=":material/play_arrow:", key="begin", on_click=_attempt, args=(jobs.start, run), **may_start
        )
        return
    if state == "paused" and not is_stopping:
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            type="primary",
            key="resume",
            on_click=_attempt,
            args=(jobs.start, run),
            **rights.button(Action.RESUME_RUN, run.folder, help="Continues exactly where it paused."),
        )
    elif state == "running":
        st.button(
            "Pause",
            icon=":material/pause:",
            key="pause",
            on_click=_attempt,
            args=(run.send_request,),
            kwargs={"pause": True},
            **rights.button(
                Action.PAUSE_RUN,
                run.folder,
                disabled=is_stopping or cannot_pause,
                help="Frees the CPU within one batch, and the memory after 15 minutes.",
            ),
        )
    st.button(
        "Stop",
        icon=":material/stop:",
        key="stop",
        on_click=_attempt,
        args=(jobs.stop, run),
        **rights.button(
            Action.STOP_RUN, run.folder, disabled=is_stopping, help="Evaluates and saves the best epoch so far."
        ),
    )


def _metrics(curves: Curves, state: str, is_stopping: bool) -> None:
    last = curves.epochs[-1] if curves.epochs else {}
    newest = curves.batches[-1] if curves.batches else {}
    best = curves.best or {}
    is_training = state == "running" and not is_stopping and curves.phase not in ENDING
    left = curves.seconds_left if is_training else None
    is_last = curves.stage_end >= curves.total_epochs
    hint = "if all epochs run" if is_last else "known once fine-tuning starts"
    rate = f"{curves.images_per_second:,.0f}" if curves.batches else "–"
    what = "accuracy (all labels)" if curves.plan.get("several") else "accuracy"
    metric_row.show(
        (
            Number(f"Training {what}", formatting.fraction(newest.get("accuracy")), "mean of recent batches"),
            Number(
                f"Validation {what}",
                formatting.fraction(last.get("val_accuracy")),
                "after the last full epoch",
                ABOVE_TRAINING,
            ),
            Number("Best epoch", str(best.get("epoch", "–")), "its weights are kept"),
            Number("Images per second", rate, "while training"),
            Number("Time left", formatting.duration(left), hint),
        )
    )


def _tuning(run: Run) -> None:
    """Settings that can be changed during training."""
    with st.expander(
        "Change settings during training", key="tuning", icon=":material/tune:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        requests, config = run.request, run.config
        limits = settings_form.BY_NAME["learning_rate"].limits
        assert isinstance(limits, Range)

        def request_rate() -> None:
            with shown():
                run.request_learning_rate(float(st.session_state["new-rate"]))

        def request_early_stopping() -> None:
            with shown():
                run.send_request(early_stopping=st.session_state["new-early"])

        with st.container(horizontal=True, vertical_alignment="bottom"):
            now = (cached_curves.curves(run).batches or [{}])[-1].get("learning_rate") or config.learning_rate
            st.number_input(
                "Learning rate",
                float(limits.low),
                float(limits.high),
                float(min(max(now, limits.low), limits.high)),
                step=None,
                format="%g",
                key="new-rate",
                width=180,
                help="Takes effect from the next batch; the rest of the schedule is scaled accordingly.",
            )
            st.button("Apply", icon=":material/check:", on_click=request_rate)
            early = config.early_stopping if requests.early_stopping is None else requests.early_stopping
            st.toggle(
                f"Early stopping (patience {formatting.count(config.patience, 'epoch')})",
                value=early,
                key="new-early",
                on_change=request_early_stopping,
            )


def _pending_changes(run: Run, curves: Curves) -> None:
    """One line on the changes requested during training: applied or still pending."""
    requests = run.request
    lines = []
    for what, name in (("learning_rate", "Learning rate"), ("early_stopping", "Early stopping")):
        value = getattr(requests, what)
        if value is None:
            continue
        shown_value = learning_curves.change_text(what, value)
        change = next((line for line in reversed(curves.changes) if line.get("what") == what), None)
        number = requests.rate_number if what == "learning_rate" else 0
        if change is not None and (change.get("value"), change.get("number", 0)) == (value, number):
            lines.append(f":material/done_all: {name} {shown_value}: applied at epoch {change.get('epoch', 0):.1f}.")
        else:
            lines.append(f":material/schedule: {name} {shown_value}: takes effect from the next batch.")
    if lines:
        st.caption(" ".join(lines))


def _fraction_done(curves: Curves) -> float:
    if curves.phase == "features":
        return curves.features_done
    return min(1.0, curves.progress / curves.total_epochs) if curves.total_epochs else 0.0


def _title(curves: Curves, state: str) -> str:
    """The title of the browser tab."""
    if state == "running" and curves.total_epochs and curves.phase == "training":
        return f"{_fraction_done(curves):.0%} trained"
    return formatting.STATES[state][0]


def _status(run: Run, curves: Curves, state: str, is_stopping: bool) -> str:
    if state == "queued":
        return _queue_status(run)
    if state == "aside":
        return "Not queued. Press Start to add it to the queue."
    phase = PHASES.get(curves.phase, "")
    if is_stopping:
        return f"Stopping: {phase[:1].lower()}{phase[1:]}" if phase else "Stopping; the best epoch so far is kept."
    epoch = f"epoch {min(len(curves.epochs) + 1, curves.total_epochs)} of {curves.total_epochs}"
    if state == "paused":
        note = " Memory released; resuming takes a few seconds longer." if run.is_parked else ""
        return f"Paused in {epoch}. Nothing is lost.{note}"
    slow = ""
    if state == "running" and run.silence > SILENT_SECONDS:
        # Whether the machine is busy or the process is suspended, it goes on by itself.
        slow = f" No progress for {formatting.duration(run.silence)}: the machine is very busy, or was suspended."
    if curves.phase == "features" and curves.features:
        return (
            f"{phase} {curves.features.get('done', 0):,} of {curves.features.get('total', 0):,} images; computed "
            f"once, reused for every head.{slow}"
        )
    if curves.phase == "folds" and curves.fold:
        return f"Cross-validation: fold {curves.fold.get('number')} of {curves.fold.get('total')}"
    if curves.phase != "training":
        return phase + slow
    if not curves.plan.get("head_epochs"):
        return f"{epoch.capitalize()}.{slow}" if slow else epoch.capitalize()
    return f"{'Fine-tuning' if curves.stages else 'Head'}: {epoch}{'.' if slow else ''}{slow}"


def _place(run: Run) -> int | None:
    """The position in the queue from 1, or None for a run that waits for a free slot."""
    queue = jobs.waiting()
    return queue.index(run) + 1 if run in queue else None


def _queue_status(run: Run) -> str:
    jobs.wake()  # the queue may have been killed
    if (place := _place(run)) is None:
        return plain(str(run.job.get("reason") or "")) or f"Waiting for another run to finish. {BY_ITSELF}"
    queue = jobs.waiting()
    seconds = cached_curves.estimated_start(queue[: place - 1])
    when = f", starts in about {formatting.duration(seconds)}" if seconds else ""
    note = plain(waiting_list.problem(backends.name_for(run))) or BY_ITSELF
    return f"Position {place} of {len(queue)} in the queue{when}. {note}"
