"""What has been trained, and how do the runs compare?"""

import zlib

import pyarrow as pa
import streamlit as st

from imgcls import jobs, runs
from imgcls.runs.run import UNDER_WAY
from imgcls.system import safe_csv
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.runs import queue, run_list
from imgcls.ui.train import learning_curves
from imgcls.ui.widgets import empty_state, formatting, settings_table

SCORED = "Of the pictures, the share that is answered rightly; of several labels a picture, all have to be right."


def percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction


@st.dialog("Rename the run")
def rename(run: runs.Run) -> None:
    with st.form("rename", border=False):
        label = st.text_input("Name", run.label, max_chars=runs.LABEL_LENGTH)
        if st.form_submit_button("Rename", type="primary"):
            with errors.shown():
                run.rename(label)
                st.rerun()


@st.dialog("Delete for good?")
def delete(doomed: list[runs.Run]) -> None:
    for run in doomed:
        st.markdown(f"- {plain(run.label)}{' (its training will be ended)' if run.state in UNDER_WAY else ''}")
    st.caption("The model, its curves and its answers are deleted from the disk.")
    if st.button("Delete", type="primary", icon=":material/delete:"):
        with errors.shown():
            for run in doomed:
                jobs.delete(run)
            st.rerun()


def table_of(everything: list[runs.Run]) -> None:
    """The queue, all runs as a table, and what can be done with those that are ticked."""
    queue.show()
    rows = [(run, run_list.summary(run)) for run in everything]
    with st.container(horizontal=True, gap="large"):
        state = run_list.narrow(
            "State", [facts["state"] for _, facts in rows], lambda state: formatting.STATES[state][0]
        )
        data = run_list.narrow("Data set", [facts["data"] for _, facts in rows])
        model = run_list.narrow("Model", [facts["model"] for _, facts in rows])
    wanted = {"state": state, "data": data, "model": model}
    rows = [
        (run, facts) for run, facts in rows if all(not value or facts[key] == value for key, value in wanted.items())
    ]

    # Streamlit keeps ticks by row number: with other rows the table is another one.
    table_key = f"runs-table-{zlib.crc32(repr([run.id for run, _ in rows]).encode())}"
    st.caption(
        f"{formatting.count(len(rows), 'run')}. Tick one to open, rename or delete it; tick several to compare them."
    )
    table = pa.table(
        {
            "Run": [run.label for run, _ in rows],
            "State": [formatting.STATES[facts["state"]][0] for _, facts in rows],
            "Data set": [facts["data"] for _, facts in rows],
            "Model": [facts["model"] for _, facts in rows],
            "Validation (%)": [percent(facts["validation"]) for _, facts in rows],
            "Test (%)": [percent(facts["test"]) for _, facts in rows],
            "Parameters": [facts["parameters"] for _, facts in rows],
            "Time": [formatting.duration(facts["seconds"]) for _, facts in rows],
            "Started": [formatting.age(facts["created"]) for _, facts in rows],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key=table_key,
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Run": st.column_config.TextColumn(width="large"),
            "Validation (%)": st.column_config.NumberColumn(format="%.1f", help=f"Best epoch. {SCORED}"),
            "Test (%)": st.column_config.NumberColumn(format="%.1f", help=SCORED),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        alt="All runs with their scores.",
    )
    st.download_button(
        "These runs (CSV)",
        lambda: safe_csv.csv_file(table.to_pydict()),
        "runs.csv",
        "text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )
    chosen = [rows[index][0] for index in event.selection.rows if index < len(rows)]

    with st.container(horizontal=True):
        one = chosen[0] if len(chosen) == 1 else None
        if st.button("Open", icon=":material/open_in_new:", disabled=one is None):
            links.go("train.py", run=one.id)
        if st.button("See its mistakes", icon=":material/fact_check:", disabled=one is None or not one.is_tested):
            links.go("evaluate.py", run=one.id)
        both = chosen if len(chosen) == 2 and all(run.is_tested for run in chosen) else None
        if both and st.button(
            "Which is better?", icon=":material/balance:", help="The two answers to each test picture."
        ):
            links.go("evaluate.py", run=both[1].id, view="Compare", other=both[0].id)
        if st.button("Try it", icon=":material/draw:", disabled=one is None or not one.is_ready):
            links.go("predict.py", run=one.id)
        if st.button("Rename", icon=":material/edit:", disabled=one is None):
            rename(one)
        if st.button("Delete", icon=":material/delete:", disabled=not chosen):
            delete(chosen)

    drawn = [run for run in chosen if (run.folder / "metrics.jsonl").exists()]
    if drawn:
        with st.grid(2, min_column_width=learning_curves.SIDE_BY_SIDE):
            for quantity in ("loss", "accuracy"):
                st.plotly_chart(
                    cached_curves.comparison(drawn, quantity),
                    key=f"compare-{quantity}",
                    config={"displayModeBar": False},
                    alt=f"Validation {quantity} of {formatting.count(len(drawn), 'run')} by epoch.",
                )
    if len(chosen) > 1:
        st.subheader("Settings in which they differ", anchor=False)
        settings_table.show(chosen)


st.title("Runs")
if everything := runs.everything():
    table_of(everything)
else:
    empty_state.show("No run yet.", "A run is one training with all its results. The first takes about a minute.")
