"""The pre-flight check of the settings, and the learning-rate finder."""

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.charts.lr_finder import finder_dict
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.errors import UserError
from imgcls.jobs.preflight import checks, lr_finder, verdicts
from imgcls.system.tasks import Task, TaskState
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure

TICK_SECONDS = 0.5
SIGNS = {
    verdicts.GOOD: ":green-badge[:material/check_circle: Good]",
    verdicts.CHECK: ":orange-badge[:material/visibility: Check]",
    verdicts.BAD: ":red-badge[:material/error: Bad]",
}
"""Level of a verdict -> its badge."""
KINDS = {
    "check": (
        "Check these settings",
        ":material/checklist:",
        "Runs a few training steps on this machine; takes about ten seconds.",
    ),
    "rates": (
        "Find a learning rate",
        ":material/show_chart:",
        "A short training run whose learning rate rises until the loss diverges. Does not change your settings.",
    ),
}


def show(config: Config, info: DatasetInfo) -> None:
    """The section below Start; nothing is computed while it is closed."""
    with st.expander("Pre-flight check", key="probes", icon=":material/fact_check:", on_change="rerun") as section:
        if section.open:
            _content(config, info)


def _content(config: Config, info: DatasetInfo) -> None:
    if not datasets.is_ready(config.data):
        st.info(plain(datasets.how_to_get(info)), icon=":material/download:")
        return
    tasks = {kind: checks.task_of(kind, config) for kind in checks.KINDS}
    results = {kind: checks.read(task) for kind, task in tasks.items()}
    error = st.session_state.pop("probe-error", "")
    with st.container(horizontal=True):
        for kind, (label, icon, explained) in KINDS.items():
            st.button(
                label if results[kind][0].state in ("idle", "running") else f"{label} again",
                key=f"probe-{kind}",
                icon=icon,
                help=explained,
                disabled=results[kind][0].state == "running",
                on_click=_start,
                args=(kind, config),
            )
    if error:
        st.error(plain(error), icon=":material/error:")
    for kind, draw in (("check", _check), ("rates", _rates)):
        state, found = results[kind]
        if state.state == "running":
            st.fragment(run_every=TICK_SECONDS)(_live)(tasks[kind], draw, config, info)
        elif state.state != "idle":
            draw(state, found, config, info)


def _start(kind: str, config: Config) -> None:
    """A callback: it runs before the page, which then shows the probe under way."""
    try:
        checks.start(kind, config)
    except UserError as error:
        st.session_state["probe-error"] = str(error)


def _live(task: Task, draw, config: Config, info: DatasetInfo) -> None:
    """Redrawn twice a second while a check is running."""
    state, found = checks.read(task)
    if state.state != "running":
        st.rerun()
    st.progress(state.fraction, text=plain(f"{state.text} …"))
    draw(state, found, config, info)


def _check(state: TaskState, found: checks.Findings, config: Config, info: DatasetInfo) -> None:
    if state.state == "failed":
        _failed("The check", state)
    results = verdicts.judge(config, info, found)
    # One element for all of them: every element adds to the cost of a rerun.
    if results:
        st.markdown(
            "\n\n".join(f"{SIGNS[verdict.level]} **{verdict.name}** · {plain(verdict.sentence)}" for verdict in results)
        )


def _rates(state: TaskState, found: checks.Findings, config: Config, info: DatasetInfo) -> None:
    if state.state == "failed":
        _failed("The learning-rate finder", state)
    steps, losses = found.get("rates", []), found.get("losses", [])
    if None in steps or len(steps) != len(losses) or (not steps and state.state != "running"):
        return
    losses = [float("nan") if loss is None else loss for loss in losses]
    suggested = lr_finder.suggestion(steps, losses) if state.state == "ready" else None
    st.plotly_chart(
        StaticFigure(
            finder_dict(
                steps,
                losses,
                lr_finder.smoothed(losses),
                lr_finder.initial_loss(np.array(losses)),
                suggested=suggested,
                current=config.learning_rate,
            )
        ),
        key="finder",
        config=figure_download.savable("learning-rate-finder"),
        alt=f"Training loss over {len(steps)} steps with a rising learning rate."
        + (f" Steepest descent at {formatting.setting(suggested)}." if suggested else ""),
    )
    if state.state != "ready":
        return
    if suggested is None:
        st.warning(
            "The loss never fell clearly, so there is no suggestion. Check the other settings first: normalisation, "
            "model and batch size.",
            icon=":material/search_off:",
        )
        return
    is_applied = f"{config.learning_rate:.1e}" == f"{suggested:.1e}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"{formatting.setting(suggested)} applied" if is_applied else f"Use {formatting.setting(suggested)}",
            key="probe-use",
            icon=":material/check:" if is_applied else ":material/input:",
            disabled=is_applied,
            on_click=_use,
            args=(suggested,),
        )
        st.caption(
            "The loss falls fastest here (Smith 2015). A starting point, not a rule: one third of it is a safer choice."
        )


def _use(rate: float) -> None:
    """A callback, as a control's value can only be set before the control is drawn."""
    st.session_state["learning_rate"] = rate


def _failed(what: str, state: TaskState) -> None:
    st.warning(plain(f"{what} has no result. {state.text or checks.DAMAGED}"), icon=":material/warning:")
