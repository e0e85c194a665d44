"""The trials of a study as a table, the best first."""

import zlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import streamlit as st

from imgcls.languages import percentage
from imgcls.studies import Plan, Study, Trial
from imgcls.ui.app import links
from imgcls.ui.runs.studies import words
from imgcls.ui.runs.table_columns import setting_column, setting_configuration
from imgcls.ui.widgets import formatting

METRICS = {"val_accuracy": "Validation (%)", "val_loss": "Validation loss"}
WINNER = "★"
MOST_CURVES, MOST_POINTS = 200, 60
"""Trials with a curve in the table, and points of a curve."""
CURVE = "Curve"
CURVES = pa.list_(pa.float64())


def show(study: Study, plan: Plan, trials: list[Trial], winner: Trial | None) -> None:
    """The table, and a button that opens the run of the selected trial."""
    if not trials:
        return
    trials = ranked(trials, plan)
    score = METRICS[plan.metric]
    is_accuracy = plan.metric == "val_accuracy"
    st.header("Trials", anchor=False, help="The best is at the top; ★ marks the winner. Select one to open its run.")
    values = [None if one.value is None else percentage(one.value) if is_accuracy else one.value for one in trials]
    names = list(plan.vary)
    columns = {
        " ": [WINNER if winner is not None and one.number == winner.number else "" for one in trials],
        "Trial": [one.number for one in trials],
        score: pa.array(values, pa.float64()),
        CURVE: pa.array([_curve(one) if at < MOST_CURVES else None for at, one in enumerate(trials)], CURVES),
        **{words.of(plan, name): setting_column([one.params.get(name) for one in trials]) for name in names},
        "Epochs": [len(one.curve) for one in trials],
        "State": [formatting.STATES[one.state][0] for one in trials],
    }
    table = pa.table(columns)
    helps = {words.of(plan, name): words.explained(plan, name) for name in names}
    chosen = _selected(study, table, trials, score, helps)
    st.download_button(
        "Trials (CSV)",
        _csv(table),
        f"trials-{study.id}.csv",
        "text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key="trials-csv",
    )
    if chosen and st.button(f"Open the run of trial {chosen.number}", icon=":material/open_in_new:"):
        links.go("train.py", run=chosen.run.id)


def _csv(table: pa.Table) -> bytes:
    """The table without what is only for the eye."""
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    csv.write_csv(table.drop_columns([" ", CURVE]), sink)
    return sink.getvalue().to_pybytes()


def _selected(
    study: Study, table: pa.Table, trials: list[Trial], score: str, helps: Mapping[str, str | None]
) -> Trial | None:
    """Draws the table and returns its selected trial, which stays selected when the order changes. `helps`: what the
    settings do, by column."""
    numbers = [one.number for one in trials]
    remembered = f"trial-of-{study.id}"
    # Streamlit remembers the selection by row number, so another order needs another key.
    key = f"trials-{study.id}-{zlib.crc32(repr(numbers).encode())}"

    def follow() -> None:
        rows = st.session_state[key].selection.rows
        st.session_state[remembered] = numbers[rows[0]] if rows and rows[0] < len(numbers) else None

    number = st.session_state.get(remembered)
    rows = [numbers.index(number)] if number in numbers else []
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        on_select=follow,
        selection_mode="single-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        placeholder="–",
        column_config={
            **setting_configuration(table, helps),
            " ": st.column_config.TextColumn(width=36, help="The winner"),
            score: st.column_config.NumberColumn(format="%.4f" if score == METRICS["val_loss"] else "%.1f"),
            CURVE: _curve_column(score),
        },
        alt="All trials with their settings and scores, the best first.",
    )
    return next((one for one in trials if one.number == number), None)


def _curve_column(score: str) -> Any:
    """Accuracies share a scale, as in the table of runs; a loss has no largest value."""
    if score == METRICS["val_accuracy"]:
        text = "Validation accuracy by epoch, from 0 to 100%."
        return st.column_config.LineChartColumn(width="small", color="#E69F00", help=text, y_min=0, y_max=1)
    text = f"{score} by epoch; each curve has its own scale."
    return st.column_config.LineChartColumn(width="small", color="#E69F00", help=text)


def ranked(trials: list[Trial], plan: Plan) -> list[Trial]:
    """By score, the best first; then those without a score, all by number."""
    sign = -1.0 if plan.is_higher_better else 1.0
    return sorted(
        trials, key=lambda one: (one.value is None, 0.0 if one.value is None else sign * one.value, one.number)
    )


def _curve(trial: Trial) -> list[float] | None:
    values = [value for value in trial.curve if value is not None]
    every = -(-len(values) // MOST_POINTS) or 1
    return [float(value) for value in values[::every]] or None
