"""All studies as cards: the best score, how it rose from trial to trial, and the state."""

import contextlib
import html

import streamlit as st

from imgcls import datasets, models, studies
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.runs.index import Query, search
from imgcls.studies import Plan, Study
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.runs import thumbnails
from imgcls.ui.runs.studies import words
from imgcls.ui.widgets import formatting, pager

A_PAGE = 12
NONE = "<b>–</b> no score"
CURVE = "Best validation accuracy so far, by trial"
UNDER_WAY = ("running", "stopping", "interrupted")
STATES = {
    "running": ("Running", ":material/play_circle:", "blue"),
    "stopping": ("Stopping", ":material/hourglass_bottom:", "orange"),
    "interrupted": ("Interrupted", ":material/power_off:", "red"),
    "finished": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped", ":material/stop_circle:", "orange"),
    "failed": ("Failed", ":material/error:", "red"),
    "damaged": ("Damaged", ":material/broken_image:", "red"),
}
"""State of a study -> the word, icon and colour it is shown with."""


def show(found: list[Study]) -> None:
    """A card for each study."""
    page = pager.page_of(found, A_PAGE, "cards-page", is_in_url=True)
    with st.container(key="cards-studies"), st.grid(3, min_column_width=260, gap="medium"):
        for study in page:
            with st.container(border=True, height="stretch", key=f"card-study-{study.id}", gap="small"), errors.shown():
                _card(study)


def state(name: str, text: str) -> str:
    """Markdown: the state as a badge, and a text in small grey letters."""
    word, icon, colour = STATES[name]
    return f":{colour}-badge[{icon} {word}] &nbsp; :gray[:small[{text}]]"


def _card(study: Study) -> None:
    try:
        plan = study.plan
    except UserError:
        plan = None
    scores = [] if plan is None or not plan.is_higher_better else _scores(study, plan)
    name = study.state
    best = f"{NONE} yet" if name in UNDER_WAY else NONE
    if plan is not None:
        best = f"<b>{plan.written(max(scores))}</b> best validation" if scores else _loss(study, plan) or best
    lines = "".join(f'<p class="one-line">{html.escape(line)}</p>' for line in _facts(study, plan))
    st.html(f'{_curve(scores)}<p class="score">{best}</p><h2>{html.escape(study.title)}</h2>{lines}')
    if st.button(plain(study.title), key=f"open-{study.id}", type="tertiary"):
        links.go("studies.py", study=study.id)
    st.markdown(state(name, _progress(study, plan)))
    if plan is not None and name in UNDER_WAY:
        st.progress(min(1.0, studies.ended(study.runs()) / plan.budget))


def _scores(study: Study, plan: Plan) -> list[float]:
    """The validation accuracies of the trials by number, from the index: it knows them without reading the runs."""
    rows = search(Query(exact={"study": study.id}, archived=True, sort="id", descending=False)).rows
    return [row["best"] for row in rows if row["best"] is not None]


def _curve(scores: list[float]) -> str:
    """The best score so far, with what it is; nothing before the second one."""
    found = _best_so_far(scores)
    if len(found) < 2:
        return ""
    line = thumbnails.accuracy_curve(found, "", CURVE, width=300, height=60)
    return f'<div class="glance"><div class="curve">{line}</div></div>'


def _facts(study: Study, plan: Plan | None) -> list[str]:
    """Dataset and model, the settings that are varied, and the test accuracy of the winner."""
    if plan is None:
        return []
    lines = [
        f"{_dataset(plan)} · {models.title(plan.base.model)}",
        ", ".join(words.of(plan, name) for name in plan.vary),
    ]
    with contextlib.suppress(UserError):
        if test := (study.result or {}).get("test"):
            lines.append(f"Test accuracy of the winner: {percent(test['accuracy'])}")
    return lines


def _dataset(plan: Plan) -> str:
    try:
        return datasets.facts(plan.base.data).title
    except UserError:  # it was deleted
        return plan.base.data


def _best_so_far(scores: list[float]) -> list[float]:
    return [max(scores[: at + 1]) for at in range(len(scores))][-thumbnails.MOST_POINTS :]


def _loss(study: Study, plan: Plan) -> str:
    try:
        value = None if plan.is_higher_better else (study.result or {}).get("value")
    except UserError:
        value = None
    return "" if value is None else f"<b>{plan.written(value)}</b> lowest validation loss"


def _progress(study: Study, plan: Plan | None) -> str:
    if plan is None:
        return ""
    return plain(f"{studies.ended(study.runs())} of {plan.budget} trials · {formatting.age(study.created)}")
