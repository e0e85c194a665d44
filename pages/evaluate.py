"""Where does this model fail?"""

import streamlit as st

from imgcls.ui import evaluate_view as view
from imgcls.ui import pick, stored

st.title("Evaluate")
run = pick.pick_run("evaluate-run", lambda run: run.is_tested)
tested = stored.tested(run)
names = run.model["classes"]
report = tested.report

view.scores(report, len(tested.labels))

left, right = st.columns(2, gap="large")
with left:
    st.subheader(
        "Confusion matrix",
        anchor=False,
        help="A row is a true class, a column an answer. Right answers lie on the diagonal.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        unit = st.segmented_control(
            "Cells show",
            ["Counts", "Shares"],
            default="Counts",
            required=True,
            key="unit",
            label_visibility="collapsed",
        )
        errors_only = st.toggle("Errors only", key="errors-only")
    st.plotly_chart(
        view.matrix(run, names, as_shares=unit == "Shares", errors_only=errors_only),
        key=f"matrix-{run.id}",
        on_select=view.follow_click,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Confusion matrix of {len(names)} classes; the worst pairs are listed below it.",
    )
    st.caption("Click a cell to see its pictures.")
    view.worst_pairs(report.matrix, names)

with right:
    view.pictures(run, tested, names)

st.subheader("Classification report", anchor=False)
view.class_table(run)
view.curves(run)
