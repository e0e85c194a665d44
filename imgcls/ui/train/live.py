"""A run that is queued, training or paused: redrawn every second, with all its controls."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imgcls import jobs, languages, sharing
from imgcls.languages import gettext as _
from imgcls.params import Range
from imgcls.runs.metrics_log import ENDING, Curves
from imgcls.runs.requests import RunRequest
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.ui.app import errors
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.cache import followed
from imgcls.ui.cache.followed import Look
from imgcls.ui.train import learning_curves, settings_form
from imgcls.ui.train.run_parts import live_images, live_numbers, status
from imgcls.ui.visitors import rights, watching
from imgcls.ui.widgets import formatting

TICK_SECONDS = 1.0
FAST_TICK_SECONDS = 0.4  # until the first point of the curve is drawn


def show(run: Run, state: str) -> None:
    """The live view, and below it the controls, which would lose the focus if they were redrawn with it."""
    seen = followed.look(run)
    is_fast = not seen.curves.batches
    usual = FAST_TICK_SECONDS if is_fast else TICK_SECONDS
    tick = None if st.session_state.get("paused-updates") else watching.seconds(usual)
    with st.container(horizontal=True, vertical_alignment="bottom", key="run-state"):
        bar = st.container()
        # They are beside what is redrawn: buttons are the most expensive part of an update.
        offered = _offered(run, seen)
        if offered.place is not None:
            _place_buttons(run)
        else:
            _buttons(run, offered.state, offered.is_stopping, offered.cannot_pause)
    st.fragment(run_every=tick)(_live)(run, _Shown(state, is_fast, tick, bar, offered))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            _("Pause live updates"),
            key="paused-updates",
            help=_("Training continues; only this page stops updating, so that you can read or zoom."),
        )
        learning_curves.options()
    if state in ("running", "paused") and sharing.decide(Action.TUNE_RUN, run.folder):
        _tuning(run)


@dataclass(frozen=True)
class _Offered:
    """Which buttons belong to a run at the moment: those of a run in the queue if it has a `place` there."""

    state: str
    place: int | None
    is_stopping: bool
    cannot_pause: bool


@dataclass
class _Shown:
    """What the last whole run of the page has shown, and the title that the browser tab has got since."""

    state: str
    is_fast: bool
    tick: float | None
    bar: DeltaGenerator
    offered: _Offered
    title: str = ""


def _offered(run: Run, seen: Look) -> _Offered:
    place = status.place_of(run) if seen.state == "queued" else None
    is_stopping = seen.request.stop and place is None
    return _Offered(seen.state, place, is_stopping, seen.request.pause or seen.curves.phase in ENDING)


def _live(run: Run, shown: _Shown) -> None:
    seen = followed.recent(run)
    state, curves, is_stopping = seen.state, seen.curves, shown.offered.is_stopping
    # First of all: a fragment may write to a container outside itself only if it has done so in the last whole run of
    # the page, and this one may begin the next before it has come to its end.
    shown.bar.progress(_fraction_done(curves), text=status.sentence(run, curves, state, is_stopping))
    # A new state needs another page. After the first point, one update per second is enough; a crowd gets fewer.
    usual = FAST_TICK_SECONDS if shown.is_fast else TICK_SECONDS
    has_other_pace = shown.tick is not None and watching.seconds(usual, shown.tick) != shown.tick
    has_first_point = shown.is_fast and curves.batches
    if state != shown.state or has_first_point or has_other_pace or _offered(run, seen) != shown.offered:
        st.rerun()
    title = f"{_title(curves, state)} · imgcls"
    if title != shown.title:
        st.set_page_config(page_title=title)
        shown.title = title
    if state not in ("queued", "aside") or curves.epochs:
        live_numbers.show(run, curves, state, is_stopping)
        live_images.show(run, is_beginning=not curves.batches)
        forecast = learning_curves.draw(curves, is_live=True, forecasts=not is_stopping)
        # One element instead of three: sending each costs more than what is in it.
        lines = (
            learning_curves.forecast_text(run, forecast),
            live_numbers.gap(curves),
            _pending_changes(seen.request, curves),
        )
        with st.container(key="live-notes"):
            st.caption("\n\n".join(filter(None, lines)))


def _attempt(action, *arguments, **values) -> None:
    with errors.shown():
        action(*arguments, **values)


def _place_buttons(run: Run) -> None:
    """The controls of a run in the queue."""
    own = jobs.of_same_owner(run, jobs.waiting())
    for label, icon, key, by, end in (
        (_("Earlier"), "upward", "earlier", -1, own[:1]),
        (_("Later"), "downward", "later", 1, own[-1:]),
    ):
        st.button(
            label,
            icon=f":material/arrow_{icon}:",
            key=key,
            on_click=_attempt,
            args=(jobs.move, run, by),
            **rights.button(Action.MOVE_RUN, run.folder, disabled=end == [run]),
        )
    st.button(
        _("Remove from queue"),
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
            _("Start"),
            icon=":material/play_arrow:",
            key="begin",
            on_click=_attempt,
            args=(jobs.start, run),
            **may_start,
        )
        return
    if state == "paused" and not is_stopping:
        st.button(
            _("Resume"),
            icon=":material/play_arrow:",
            type="primary",
            key="resume",
            on_click=_attempt,
            args=(jobs.start, run),
            **rights.button(Action.RESUME_RUN, run.folder, help="Continues exactly where it paused."),
        )
    elif state == "running":
        st.button(
            _("Pause"),
            icon=":material/pause:",
            key="pause",
            on_click=_attempt,
            args=(run.send_request,),
            kwargs={"pause": True},
            **rights.button(
                Action.PAUSE_RUN,
                run.folder,
                disabled=is_stopping or cannot_pause,
                help=_("Frees the CPU within one batch, and the memory after 15 minutes."),
            ),
        )
    st.button(
        _("Stop"),
        icon=":material/stop:",
        key="stop",
        on_click=_attempt,
        args=(jobs.stop, run),
        **rights.button(
            Action.STOP_RUN, run.folder, disabled=is_stopping, help=_("Evaluates and saves the best epoch so far.")
        ),
    )


def _tuning(run: Run) -> None:
    """Settings that can be changed during training."""
    with st.expander(
        _("Change settings during training"), key="tuning", icon=":material/tune:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        requests, config = run.request, run.config
        limits = settings_form.BY_NAME["learning_rate"].limits
        assert isinstance(limits, Range)

        def request_rate() -> None:
            with errors.shown():
                run.request_learning_rate(float(st.session_state["new-rate"]))

        def request_early_stopping() -> None:
            with errors.shown():
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


def _pending_changes(requests: RunRequest, curves: Curves) -> str:
    """One line, if any, on the changes requested during training: applied or still pending."""
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
    return " ".join(lines)


def _fraction_done(curves: Curves) -> float:
    if curves.phase == "features":
        return curves.features_done
    return min(1.0, curves.progress / curves.total_epochs) if curves.total_epochs else 0.0


def _title(curves: Curves, state: str) -> str:
    """The title of the browser tab."""
    if state == "running" and curves.total_epochs and curves.phase == "training":
        return _("{percent} trained").format(percent=languages.percent(_fraction_done(curves), 0))
    return formatting.word(state)
