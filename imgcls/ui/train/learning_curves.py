"""The learning curves of a run: loss and accuracy large; gradient norm, speed and memory small, on demand."""

import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import interval
from imgcls.languages import gettext as _
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download

SIDE_BY_SIDE = 380
"""The least width in pixels of each of two charts side by side."""
SMALL = {
    "gradient_norm": ("gradient norm", "", True),
    "learning_rate": ("learning rate", "", False),
    "rate": ("images per second", "", False),
    "memory": ("memory", "MB", False),
    "processor": ("processor", "% of one core", False),
}
"""Column of the "batch" records -> title, unit, whether the axis is logarithmic."""


def options() -> None:
    """A menu of display options."""
    with st.popover(_("Curves"), icon=":material/show_chart:"):
        st.slider(
            _("Smoothing of batch values"),
            0.0,
            0.98,
            0.0,
            0.02,
            key="smoothing",
            help=_("Weight of the previous values in the running mean. Only the thin line is smoothed."),
        )
        st.toggle(_("Logarithmic loss axis"), key="logarithmic")
        st.toggle(_("Gradient norm, learning rate, speed, memory"), key="small-curves")


def draw(run: Run, *, forecasts: bool = False) -> None:
    """Loss and accuracy side by side; below them the small charts if they are switched on."""
    curves = cached_curves.curves(run)
    state = st.session_state
    smoothing, logarithmic = state.get("smoothing", 0.0), state.get("logarithmic", False)
    with st.grid(2, min_column_width=SIDE_BY_SIDE):
        for quantity in ("loss", "accuracy"):
            st.plotly_chart(
                cached_curves.learning_curve(run, quantity, smoothing, logarithmic and quantity == "loss", forecasts),
                key=f"curve-{quantity}",
                config=figure_download.savable(quantity),
                alt=_description(quantity, curves),
            )
    if state.get("small-curves"):
        _small(run)


def change_text(what: str, value: float | bool) -> str:
    """A requested value as text: '0.0005', 'on', 'off'."""
    return ("on" if value else "off") if what == "early_stopping" else f"{value:g}"


def _small(run: Run) -> None:
    names = [name for name in SMALL if cached_curves.has_column(run, name)]
    if not names:
        st.caption("Not recorded: this run was trained by an earlier version.")
        return
    with st.grid(min_column_width=320, gap="small"):
        for name in names:
            title, unit, logarithmic = SMALL[name]
            st.plotly_chart(
                cached_curves.small_curve(run, name, title, unit, logarithmic),
                key=f"small-{name}",
                config=figure_download.savable(name),
                alt=f"The {title} over the epochs.",
            )


def forecast(run: Run) -> str:
    """A sentence on the validation accuracy to expect; empty if it cannot be known."""
    found = cached_curves.forecast(run, "accuracy")
    if found is None:
        return ""
    try:
        is_decaying = run.config.schedule in ("cosine", "one_cycle", "step")
    except UserError:
        return ""
    hint = " With a decaying learning rate the result is usually better." if is_decaying else ""
    return (
        f"Extrapolated validation accuracy at epoch {found.epoch:g}: {formatting.fraction(found.value)} "
        f"(90% band {interval(found.low, found.high)}).{hint}"
    )


def _description(quantity: str, curves: Curves) -> str:
    """The curve in words, for screen readers."""
    if not curves.epochs:
        return f"Learning curve of the {quantity}: no epoch has completed yet."
    last = curves.epochs[-1]
    ends = (
        f"{last.get(name):.3f}" if last.get(name) is not None else "not a number"
        for name in (quantity, f"val_{quantity}")
    )
    return "Learning curve of the {} over {} epochs, now {} on the training set and {} on the validation set.".format(
        quantity, len(curves.epochs), *ends
    )
