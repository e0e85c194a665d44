"""The learning curves of a run: loss and accuracy large; gradient norm, speed and memory small, on demand."""

from functools import lru_cache

import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import interval
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs.forecast import Forecast
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download

SIDE_BY_SIDE = 380
"""The least width in pixels of each of two charts side by side."""
FIT, WHOLE = N_("Fit axis"), N_("0–100%")
AXIS = "accuracy-axis"
SMALL = {
    "gradient_norm": ("gradient norm", "", True),
    "learning_rate": ("learning rate", "", False),
    "rate": ("images per second", "", False),
    "memory": ("memory", "MB", False),
    "processor": ("processor", "% of one core", False),
    "gpu": ("GPU", "%", False),
    "gpu_memory": ("GPU memory", "MB", False),
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
        st.toggle(_("Gradient norm, learning rate, speed, memory, processor"), key="small-curves")


def axis(curves: Curves) -> None:
    """Whether the axis of the accuracy fits the later epochs, which are one line between 0 and 100%."""
    if cached_curves.can_fit(curves):
        name = _("Axis of the accuracy")
        options = [FIT, WHOLE]
        st.segmented_control(
            name, options, default=FIT, required=True, key=AXIS, format_func=_, label_visibility="collapsed"
        )


def draw(curves: Curves, *, is_live: bool = False, forecasts: bool = False, can_fit: bool = False) -> Forecast | None:
    """Loss and accuracy side by side; below them the small charts if they are switched on.

    While the run `is_live`, they are drawn again when one would see a difference. `can_fit`: the page has `axis`.

    Returns:
        The forecast of the validation accuracy that is drawn, if any.
    """
    state = st.session_state
    smoothing, logarithmic = state.get("smoothing", 0.0), state.get("logarithmic", False)
    with st.grid(2, min_column_width=SIDE_BY_SIDE):
        for quantity in ("loss", "accuracy"):
            curve = cached_curves.learning_curve(
                curves,
                quantity,
                smoothing,
                logarithmic and quantity == "loss",
                is_live=is_live,
                forecasts=forecasts,
                is_fitted=can_fit and quantity == "accuracy" and state.get(AXIS, FIT) == FIT,
            )
            st.plotly_chart(
                curve.figure,
                key=f"curve-{quantity}",
                config=figure_download.savable(quantity),
                alt=curve.description,
            )
    if state.get("small-curves"):
        _small(curves, is_live)
    return curve.forecast


def change_text(what: str, value: float | bool) -> str:
    """A requested value as text: '0.0005', 'on', 'off'."""
    return ("on" if value else "off") if what == "early_stopping" else formatting.setting(value)


def _small(curves: Curves, is_live: bool) -> None:
    names = [name for name in SMALL if cached_curves.has_column(curves, name)]
    if not names:
        st.caption("Not recorded: this run was trained by an earlier version.")
        return
    with st.grid(min_column_width=320, gap="small"):
        for name in names:
            title, unit, logarithmic = SMALL[name]
            st.plotly_chart(
                cached_curves.small_curve(curves, name, title, unit, logarithmic, is_live=is_live),
                key=f"small-{name}",
                config=figure_download.savable(name),
                alt=f"The {title} over the epochs.",
            )


@lru_cache(256)
def _decays(run: Run) -> bool:
    """Whether its learning rate decays. The settings of a run never change, so each update may use the first answer."""
    return run.config.schedule in ("cosine", "one_cycle", "step")


def forecast_text(run: Run, found: Forecast | None) -> str:
    """A sentence on the validation accuracy to expect; empty if it cannot be known."""
    if found is None:
        return ""
    try:
        hint = " With a decaying learning rate the result is usually better." if _decays(run) else ""
    except UserError:
        return ""
    return (
        f"Forecast for epoch {found.epoch:g}: {formatting.fraction(found.value)} validation accuracy, with 90% "
        f"probability {interval(found.low, found.high)}.{hint}"
    )
