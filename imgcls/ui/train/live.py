"""A run that waits, trains or pauses: redrawn every second, with everything that can be asked of it."""

import streamlit as st

from imgcls import jobs
from imgcls.runs.metrics_log import ENDING, Curves
from imgcls.runs.run import OVER, Run
from imgcls.ui.app.errors import shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import learning_curves, settings_form
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

TICK_SECONDS = 1.0
FAST_TICK_SECONDS = 0.4
"""Until the first point of the curve is there."""
PHASES = {
    "": "Starting the trainer ...",
    "loading": "Loading TensorFlow and the pictures ...",
    "features": "The base looks at the pictures ...",
    "testing": "Answering the test pictures with the best epoch ...",
    "saving": "Saving and checking the model ...",
}


def show(run: Run, state: str) -> None:
    """The live part and, outside of what is redrawn, the controls that would lose the focus in it."""
    is_fast = not cached_curves.curves(run).batches
    tick = None if st.session_state.get("hold") else FAST_TICK_SECONDS if is_fast else TICK_SECONDS
    st.fragment(run_every=tick)(_live)(run, state, is_fast)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            "Hold the picture still",
            key="hold",
            help="The training goes on; only the page stops being redrawn, so that you can read or zoom.",
        )
        learning_curves.options()
    if state in ("running", "paused"):
        _tuning(run)


def _live(run: Run, shown_state: str, is_fast: bool) -> None:
    state, curves = run.state, cached_curves.curves(run)
    if state in OVER:
        st.session_state["ended"] = run.id
    # In another state the page is another one; and with the first point a tick of a second is enough.
    if state != shown_state or (is_fast and curves.batches):
        st.rerun()
    asked = run.asked
    place = _place(run) if state == "queued" else None
    stopping = asked.stop and place is None
    st.set_page_config(page_title=f"{_title(curves, state)} · imgcls")
    with st.container(horizontal=True, vertical_alignment="bottom", height=64, border=False):
        st.progress(_fraction_done(curves), text=_words(run, curves, state, stopping))
        if place is not None:
            _place_buttons(run)
        else:
            _buttons(run, state, stopping, asked.pause or curves.phase in ENDING)
    if state not in ("queued", "aside") or curves.epochs:
        _numbers(curves, state, stopping)
        learning_curves.draw(run, forecasts=not stopping)
        _asked_and_applied(run, curves)


def _ask(action, *arguments, **values) -> None:
    with shown():
        action(*arguments, **values)


def _place_buttons(run: Run) -> None:
    """What can be asked of a run that has a place in the queue."""
    st.button("Earlier", icon=":material/arrow_upward:", key="earlier", on_click=_ask, args=(jobs.move, run, -1))
    st.button("Later", icon=":material/arrow_downward:", key="later", on_click=_ask, args=(jobs.move, run, 1))
    st.button("Take out", icon=":material/remove_circle:", key="out", on_click=_ask, args=(jobs.take_out, run))


def _buttons(run: Run, state: str, stopping: bool, cannot_pause: bool) -> None:
    """What can be asked of a run in this state; one that only waits for another's turn can be stopped."""
    if state == "aside":
        st.button("Start", icon=":material/play_arrow:", key="begin", on_click=_ask, args=(jobs.start, run))
        return
    if state == "paused" and not stopping:
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            type="primary",
            key="resume",
            on_click=_ask,
            args=(jobs.start, run),
            help="Goes on exactly where it was.",
        )
    elif state == "running":
        st.button(
            "Pause",
            icon=":material/pause:",
            key="pause",
            disabled=stopping or cannot_pause,
            on_click=_ask,
            args=(run.ask,),
            kwargs={"pause": True},
            help="Frees the processor within a batch; after a quarter of an hour the memory, too.",
        )
    st.button(
        "Stop",
        icon=":material/stop:",
        disabled=stopping,
        key="stop",
        on_click=_ask,
        args=(jobs.stop, run),
        help="Keeps the best epoch so far.",
    )


def _numbers(curves: Curves, state: str, stopping: bool) -> None:
    last = curves.epochs[-1] if curves.epochs else {}
    newest = curves.batches[-1] if curves.batches else {}
    best = curves.best or {}
    is_training = state == "running" and not stopping and curves.phase not in ENDING
    left = curves.seconds_left if is_training else None
    is_last = curves.stage_end >= curves.total_epochs
    hint = "if it trains all epochs" if is_last else "known once the fine-tuning has begun"
    rate = f"{curves.images_per_second:,.0f}" if curves.batches else "–"
    what = "all labels right" if curves.plan.get("several") else "accuracy"
    metric_row.show(
        (
            Number(f"Training {what}", formatting.fraction(newest.get("accuracy")), "mean of the last batches"),
            Number(f"Validation {what}", formatting.fraction(last.get("val_accuracy")), "after the last whole epoch"),
            Number("Best epoch", str(best.get("epoch", "–")), "its weights are kept"),
            Number("Pictures per second", rate, "in training"),
            Number("Time left", formatting.duration(left), hint),
        )
    )


def _tuning(run: Run) -> None:
    """What can be changed while it trains."""
    with st.expander("Change while it trains", key="tuning", icon=":material/tune:", on_change="rerun") as section:
        if not section.open:
            return
        asked, config = run.asked, run.config
        limits = settings_form.BY_NAME["learning_rate"].limits

        def ask_rate() -> None:
            with shown():
                run.ask_rate(float(st.session_state["new-rate"]))

        def ask_early() -> None:
            with shown():
                run.ask(early_stopping=st.session_state["new-early"])

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
                help="Holds from the next batch on; what is left of a schedule keeps its form from there.",
            )
            st.button("Apply", icon=":material/check:", on_click=ask_rate)
            early = config.early_stopping if asked.early_stopping is None else asked.early_stopping
            st.toggle(
                f"Early stopping after {formatting.count(config.patience, 'epoch')} without progress",
                value=early,
                key="new-early",
                on_change=ask_early,
            )


def _asked_and_applied(run: Run, curves: Curves) -> None:
    """One line for what was asked while it trains: whether the trainer has heard it."""
    asked = run.asked
    told = []
    for what, name in (("learning_rate", "Learning rate"), ("early_stopping", "Early stopping")):
        value = getattr(asked, what)
        if value is None:
            continue
        shown_value = learning_curves.change_words(what, value)
        change = next((line for line in reversed(curves.changes) if line.get("what") == what), None)
        number = asked.rate_number if what == "learning_rate" else 0
        if change is not None and (change.get("value"), change.get("number", 0)) == (value, number):
            told.append(f":material/done_all: {name} {shown_value}: applied at epoch {change.get('epoch', 0):.1f}.")
        else:
            told.append(f":material/schedule: {name} {shown_value}: asked, holds from the next batch on.")
    if told:
        st.caption(" ".join(told))


def _fraction_done(curves: Curves) -> float:
    if curves.phase == "features":
        return curves.features_done
    return min(1.0, curves.progress / curves.total_epochs) if curves.total_epochs else 0.0


def _title(curves: Curves, state: str) -> str:
    """What the browser's tab says."""
    if state == "running" and curves.total_epochs and curves.phase == "training":
        return f"{_fraction_done(curves):.0%} trained"
    return formatting.STATES[state][0]


def _words(run: Run, curves: Curves, state: str, stopping: bool) -> str:
    if state == "queued":
        return _queue_words(run)
    if state == "aside":
        return "It does not wait in the queue. Start puts it in."
    phase = PHASES.get(curves.phase, "")
    if stopping:
        return f"Stopping: {phase[:1].lower()}{phase[1:]}" if phase else "Stopping: the best epoch so far is kept."
    epoch = f"epoch {min(len(curves.epochs) + 1, curves.total_epochs)} of {curves.total_epochs}"
    if state == "paused":
        kept = " Its memory was given back; Resume takes a few seconds longer." if run.is_parked else ""
        return f"Paused in {epoch}; everything is kept.{kept}"
    if curves.phase == "features" and curves.features:
        return f"{phase} {curves.features.get('done', 0):,} of {curves.features.get('total', 0):,}, once for all heads"
    if curves.phase != "training":
        return phase
    if not curves.plan.get("head_epochs"):
        return epoch.capitalize()
    return f"{'Fine-tuning' if curves.stages else 'Head'}: {epoch}"


def _place(run: Run) -> int | None:
    """The place in the queue from 1, or None for one that only waits for its turn."""
    queue = jobs.waiting()
    return queue.index(run) + 1 if run in queue else None


def _queue_words(run: Run) -> str:
    place = _place(run)
    jobs.wake()  # the queue may have been killed
    if place is None:
        return "Waiting for another training to end. It starts by itself, also when this page is closed."
    queue = jobs.waiting()
    begins = cached_curves.estimated_start(queue[: place - 1])
    when = f", starts in about {formatting.duration(begins)}" if begins else ""
    return f"Place {place} of {len(queue)} in the queue{when}. It starts by itself, also when this page is closed."
