"""Values that the user's own code has recorded for a run: a table, and a curve for each with several values."""

import pyarrow as pa
import streamlit as st

from imgcls.charts import epoch_history
from imgcls.runs import ENDED, Run
from imgcls.runs.annotations import own_metrics
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets.figures import figure_download

TICK_SECONDS = 3.0
MOST_CURVES = 12
HELP = (
    "Recorded with imgcls.log_metrics in Python, or with “imgcls run log”. On Runs, the last value of each is a "
    "column, and can be searched for."
)


def show(run: Run, state: str) -> None:
    """The section, renewed while the run trains; nothing if nothing was recorded."""
    # Without a file there are no ticks: most people record nothing, and a class watches many runs at once.
    is_growing = state not in ENDED and (run.folder / own_metrics.NAME).exists()
    st.fragment(run_every=TICK_SECONDS if is_growing else None)(_section)(run)


def _section(run: Run) -> None:
    found = own_metrics.read(run)
    series = found.series()
    if found.problem:
        st.warning(plain(found.problem), icon=":material/broken_image:")
    if not series:
        return
    st.header("Own metrics", anchor=False, help=HELP)
    st.dataframe(
        pa.table(
            {
                "Metric": list(series),
                "Last": [values[-1][1] for values in series.values()],
                "Epoch": pa.array([values[-1][0] for values in series.values()], pa.int64()),
                "Lowest": [min(value for _, value in values) for values in series.values()],
                "Highest": [max(value for _, value in values) for values in series.values()],
                "Values": [len(values) for values in series.values()],
            }
        ),
        hide_index=True,
        key="own-metrics",
        placeholder="–",
        column_config={name: st.column_config.NumberColumn(format="%.6g") for name in ("Last", "Lowest", "Highest")},
        alt="The last, lowest and highest value of each metric of your own.",
    )
    curves = [(name, values) for name, values in series.items() if len(values) > 1]
    if not curves:
        return
    with st.grid(3, min_column_width=300):
        for name, values in curves[:MOST_CURVES]:
            st.plotly_chart(
                epoch_history.own_metric(name, values),
                key=f"own-{own_metrics.key(name)}",
                config=figure_download.savable(f"own-{own_metrics.key(name)}"),
                alt=plain(f"{name} by epoch."),
            )
    if len(curves) > MOST_CURVES:
        st.caption(f"The first {MOST_CURVES} of {len(curves)} curves.")
