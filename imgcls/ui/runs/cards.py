"""Runs as cards: how good each is, how it learned, and what it still gets wrong. A click opens the run."""

import html
import statistics
from typing import Any

import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation.metrics import chance
from imgcls.runs import ENDED, Run
from imgcls.runs.index import setting_names
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
CURVE = "Mean validation accuracy"
FINISHED = formatting.STATES["finished"][0]
MOST_MESSAGE = 120


OPEN = "cards-open"
"""Session key: the repeated settings whose runs have cards of their own, by the ID of their first run."""


def show(rows: list[tuple[Run, Row]], key: str) -> list[Run]:
    """A page of cards; returns the selected runs. Their IDs are in the session under `key`. Runs that differ only in
    the seed are one card, like the trials of a study, until it is opened."""
    best, chosen = _best(rows), st.session_state.get(key, ())
    page = pager.page_of(_items(rows), A_PAGE, PAGE, is_in_url=True)
    with st.container(key="cards-runs"), st.grid(3, min_column_width=260, gap="medium"):
        for members in page:
            ids = [run.id for run, _ in members]
            name = ids[0] if len(ids) == 1 else f"seeds-{ids[0]}"
            with st.container(border=True, height="stretch", key=f"card-run-{name}", gap="small"), errors.shown():
                if len(members) == 1:
                    _card(*members[0], is_best=ids[0] in best)
                else:
                    _group_card(members, has_best=bool(best & set(ids)))
                st.session_state[f"pick-{name}"] = set(ids) <= set(chosen)
                st.checkbox("Select", key=f"pick-{name}", on_change=_toggle, args=(key, ids))
    return [run for run, _ in rows if run.id in chosen]


def _items(rows: list[tuple[Run, Row]]) -> list[list[tuple[Run, Row]]]:
    """What has a card: a run, or all that differ only in the seed. Of an opened card, the runs follow it."""
    groups: dict[Any, list[tuple[Run, Row]]] = {}
    for run, row in rows:
        key, seed = row["repeats"] or run.id, row["settings"].get("seed")
        if any(one["settings"].get("seed") == seed for _, one in groups.get(key, ())):
            key = run.id  # the same run again
        groups.setdefault(key, []).append((run, row))
    found = []
    for members in groups.values():
        found.append(members)
        if len(members) > 1 and members[0][0].id in st.session_state.get(OPEN, ()):
            found += [[one] for one in members]
    return found


def _toggle(key: str, ids: list[str]) -> None:
    """A callback: selects these runs, or none of them if all are selected."""
    chosen = st.session_state.get(key, [])
    others = [one for one in chosen if one not in ids]
    st.session_state[key] = others if set(ids) <= set(chosen) else [*others, *ids]


def _open(run_id: str) -> None:
    """A callback: the card of repeated seeds shows its runs, or hides them."""
    opened = set(st.session_state.get(OPEN, ()))
    st.session_state[OPEN] = opened ^ {run_id}


def _group_card(members: list[tuple[Run, Row]], *, has_best: bool) -> None:
    """The mean of runs that differ only in the seed; a click shows their cards."""
    first, row = members[0]
    name = setting_names.common_part([one["name"] for _, one in members]) or row["name"]
    title = f"{run_select.owned(first, name)} · {len(members):,} seeds"
    scores = [one["test"] for _, one in members]
    curves = [curve for run, _ in members if (curve := thumbnails.accuracies(run))]
    curve = [statistics.fmean(values) for values in zip(*curves, strict=False)]
    line = thumbnails.accuracy_curve(curve, CURVE, CURVE.lower(), width=300, height=56)
    badge = f'<span class="best">Best run on {html.escape(table_columns.data_title(row))}</span>' if has_best else ""
    press = "Hide the runs" if first.id in st.session_state.get(OPEN, ()) else "Show the runs"
    what = f"{table_columns.data_title(row)} · {table_columns.model_title(row)}"
    reach = f"{formatting.fraction(min(scores)).rstrip('%')}–{formatting.fraction(max(scores))}"
    st.html(
        f'<div class="run-picture"><div class="curve">{line}</div></div>'
        f'<p class="score"><b>{formatting.fraction(statistics.fmean(scores))}</b> mean test accuracy</p>'
        f'<h2>{html.escape(title)}</h2><p class="one-line">{html.escape(what)}</p>'
        f'<p class="one-line">{reach} · {formatting.age(row["created"])}</p>'
        f'<p class="chips">{badge}<span>{press}</span></p>'
    )
    st.button(
        f"{press} of {plain(title)}", key=f"open-seeds-{first.id}", type="tertiary", on_click=_open, args=(first.id,)
    )


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
    state = row.get(table_columns.STUDY_STATE)
    of_study = [state] if state and state != FINISHED else []  # as of runs, which say only if they have not
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
