"""Runs as cards: how good each is, how it learned, and what it still gets wrong. A click opens the run."""

import html

import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation.metrics import chance
from imgcls.runs import ENDED, Run
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.runs import run_list, table_columns, thumbnails
from imgcls.ui.runs.table_columns import Row
from imgcls.ui.widgets import formatting, pager, run_select

A_PAGE = 12
PAGE = "cards-page"
"""The key of the number of the page, in the session and in the URL."""
MISTAKES, MOST_CONFIDENT = 3, "most confident mistakes"
MOST_TAGS = 4
MOST_MESSAGE = 120


def show(rows: list[tuple[Run, Row]], key: str) -> list[Run]:
    """A page of cards; returns the selected runs. Their IDs are in the session under `key`."""
    best, chosen = _best(rows), st.session_state.get(key, ())
    page = pager.page_of(rows, A_PAGE, PAGE, is_in_url=True)
    with st.container(key="cards-runs"), st.grid(3, min_column_width=260, gap="medium"):
        for run, row in page:
            with st.container(border=True, height="stretch", key=f"card-run-{run.id}", gap="small"), errors.shown():
                _card(run, row, is_best=run.id in best)
                st.session_state[f"pick-{run.id}"] = run.id in chosen
                st.checkbox("Select", key=f"pick-{run.id}", on_change=_toggle, args=(key, run.id))
    return [run for run, _ in rows if run.id in chosen]


def _toggle(key: str, run_id: str) -> None:
    chosen = st.session_state.get(key, [])
    st.session_state[key] = [one for one in chosen if one != run_id] if run_id in chosen else [*chosen, run_id]


def _best(rows: list[tuple[Run, Row]]) -> set[str]:
    """The run with the highest test accuracy on each dataset that several runs were tested on."""
    groups: dict[str, list[Row]] = {}
    for _, row in rows:
        if row["test"] is not None:
            groups.setdefault(row["data"], []).append(row)
    return {max(found, key=lambda row: row["test"])["id"] for found in groups.values() if len(found) > 1}


def _card(run: Run, row: Row, *, is_best: bool) -> None:
    curve = thumbnails.accuracies(run)
    mistakes = thumbnails.worst_mistakes(run, MISTAKES)
    images = "".join(thumbnails.picture(one.url, f"Mistake: {one.text}") for one in mistakes)
    caption = f"<small>{MOST_CONFIDENT if len(mistakes) > 1 else MOST_CONFIDENT[:-1]}</small>" if images else ""
    alt = "Validation accuracy"
    if curve:
        alt = f"{alt}, from {formatting.fraction(curve[0])} to {formatting.fraction(curve[-1])}"
    line = thumbnails.accuracy_curve(curve, alt, "validation accuracy", width=300, height=56)
    if not line and not images and row["state"] not in ENDED and not row.get(table_columns.STUDY_STATE):
        line = run_list.under_way(run, row["state"])
    of_study = [row[table_columns.STUDY_STATE]] if row.get(table_columns.STUDY_STATE) else []
    marks = [*of_study, *(["Archived"] if row.get("archived") else []), *(row.get("tags") or ())[:MOST_TAGS]]
    tags = "".join(f"<span>{html.escape(mark)}</span>" for mark in marks)
    badge = f'<span class="best">Best on {html.escape(table_columns.data_title(row))}</span>' if is_best else ""
    if reason := chance.level(row):
        badge += f'<span class="at-chance" title="{html.escape(reason)}">{chance.WORDS.capitalize()}</span>'
    what = f"{table_columns.data_title(row)} · {table_columns.model_title(row)}"
    when = formatting.age(row["created"])
    if row.get("training_seconds"):
        when = f"{when} · training time {formatting.duration(row['training_seconds'])}"
    wrong = "; ".join(one.text for one in mistakes)
    st.html(
        f'<div class="run-picture"><div class="curve">{line}</div>'
        f'<div class="mistakes" title="{html.escape(wrong)}"><div>{images}</div>{caption}</div></div>'
        f'<p class="score">{_score(run, row)}</p><h2>{html.escape(run_select.owned(run, row["name"]))}</h2>'
        f'<p class="one-line">{html.escape(what)}</p><p class="one-line">{when}</p><p class="chips">{badge}{tags}</p>'
    )
    # It covers the card, and takes no place that could move the rest when it comes.
    if st.button(plain(run_select.owned(run, row["name"])), key=f"open-{run.id}", type="tertiary"):
        links.go("train.py", run=run.id)


def _from_few(run: Run) -> str:
    """The interval in place of a score from few test images, or the cross-validated score; "" if there are enough."""
    try:
        result = run.result or {}
    except UserError:
        return ""
    if not formatting.is_from_few(result):
        return ""
    if folds := result.get("folds"):
        return f"<b>{formatting.fraction(folds['accuracy'])}</b> cross-validated accuracy"
    return f"<b>{formatting.test_interval(result)}</b> test accuracy"


def _score(run: Run, row: Row) -> str:
    """The score in large letters; of a run without one, its state and why."""
    for name, what in (("macro_f1", "macro F1"), ("test", "test accuracy")):
        if row.get(name) is not None:
            if name == "test" and (few := _from_few(run)):
                return few
            return f"<b>{formatting.fraction(row[name])}</b> {what}"
    state = f"<b>{formatting.word(row['state'])}</b>"
    score = row["best"] if row.get("best") is not None else row.get("last")
    if score is not None and row["state"] in ("finished", "stopped"):  # a trial of a study
        return f"<b>{formatting.fraction(score)}</b> validation accuracy"
    if score is not None and row["state"] != "failed":
        return f"{state} {formatting.fraction(score)} validation accuracy"
    try:
        message = str((run.result or {}).get("message", ""))
    except UserError:
        message = ""
    return f"{state} {html.escape(message[:MOST_MESSAGE])}"
