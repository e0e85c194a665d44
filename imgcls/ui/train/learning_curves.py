"""The curves of a run: loss and accuracy large, and on demand what the machine does, small."""

import streamlit as st

from imgcls.errors import UserError
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.widgets import formatting

SIDE_BY_SIDE = 380
"""Pixels that each of two charts needs beside the other."""
SMALL = {
    "gradient_norm": ("gradient norm", "", True),
    "learning_rate": ("learning rate", "", False),
    "rate": ("pictures a second", "", False),
    "memory": ("memory", "MB", False),
    "processor": ("processor", "% of a core", False),
}
"""A column of the "batch" lines -> its name, its unit, whether its axis is logarithmic."""


def options() -> None:
    """How the curves are drawn, as a small menu."""
    with st.popover("Curves", icon=":material/show_chart:"):
        st.slider(
            "Smoothing of the batches",
            0.0,
            0.98,
            0.0,
            0.02,
            key="smoothing",
            help="The share of a running mean that stays from point to point; only the thin line is smoothed.",
        )
        st.toggle("Logarithmic axis for the loss", key="logarithmic")
        st.toggle("Gradient, learning rate, speed, memory", key="small-curves")


def draw(run: Run, *, forecasts: bool = False) -> None:
    """Loss and accuracy, side by side; below them the small ones that were asked for."""
    curves = cached_curves.curves(run)
    state = st.session_state
    smoothing, logarithmic = state.get("smoothing", 0.0), state.get("logarithmic", False)
    with st.grid(2, min_column_width=SIDE_BY_SIDE):
        for quantity in ("loss", "accuracy"):
            st.plotly_chart(
                cached_curves.learning_curve(run, quantity, smoothing, logarithmic and quantity == "loss", forecasts),
                key=f"curve-{quantity}",
                config={"displayModeBar": False},
                alt=_told(quantity, curves),
            )
    if forecasts:
        _forecast(run)
    if state.get("small-curves"):
        _small(run)


def change_words(what: str, value: float | bool) -> str:
    """The value that a person asked for: '0.0005', 'on', 'off'."""
    return ("on" if value else "off") if what == "early_stopping" else f"{value:g}"


def _small(run: Run) -> None:
    names = [name for name in SMALL if cached_curves.has_column(run, name)]
    if not names:
        st.caption("This run did not note them: it was trained by an earlier version.")
        return
    with st.grid(min_column_width=320, gap="small"):
        for name in names:
            title, unit, logarithmic = SMALL[name]
            st.plotly_chart(
                cached_curves.small_curve(run, name, title, unit, logarithmic),
                key=f"small-{name}",
                config={"displayModeBar": False},
                alt=f"The {title} over the epochs.",
            )


def _forecast(run: Run) -> None:
    found = cached_curves.forecast(run, "accuracy")
    try:
        falling = run.config.schedule in ("cosine", "one_cycle", "step")
    except UserError:
        return
    if found is not None:
        hint = " A falling learning rate usually ends better." if falling else ""
        st.caption(
            f"If it goes on like this, validation accuracy at epoch {found.epoch:g} is "
            f"{formatting.fraction(found.value)} ({100 * found.low:.1f} to {formatting.fraction(found.high)}).{hint}"
        )


def _told(quantity: str, curves: Curves) -> str:
    """The curve in words."""
    if not curves.epochs:
        return f"Learning curve of the {quantity}: no epoch is complete yet."
    last = curves.epochs[-1]
    ends = (
        f"{last.get(name):.3f}" if last.get(name) is not None else "no number" for name in (quantity, f"val_{quantity}")
    )
    return "Learning curve of the {} over {} epochs, now {} in training and {} in validation.".format(
        quantity, len(curves.epochs), *ends
    )
