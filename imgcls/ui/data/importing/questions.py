"""Questions about a source that only the user can answer, such as which folders are classes."""

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from imgcls.datasets.importing import ImportRequest
from imgcls.datasets.importing.execution import job
from imgcls.datasets.importing.findings import Question
from imgcls.ui.app.errors import plain

MUST = "Choose one to continue."
MANY = 6
"""With more options, such as the bands of a satellite image, they are a list to choose from."""


def show(import_id: str, request: ImportRequest, questions: Iterable[Question]) -> None:
    """The questions with their options; an answer inspects the source again."""
    for question in questions:
        chosen = _ask(import_id, question)
        if chosen and chosen != question.answer:
            with st.spinner("Reading the source this way …"):
                job.inspect(import_id, replace(request, answers={**request.answers, question.key: chosen}))
            st.rerun()


def _ask(import_id: str, question: Question) -> str | None:
    values = [option.value for option in question.options]
    options = {option.value: option for option in question.options}
    if len(values) > MANY:
        return _ask_among_many(import_id, question)
    chosen = st.radio(
        f"**{plain(question.text)}**" + ("" if question.answer else f" {MUST}"),
        values,
        index=values.index(question.answer) if question.answer else None,
        format_func=lambda value: plain(options[value].label),
        captions=[plain(option.detail) for option in question.options],
        key=f"question-{import_id}-{question.key}",
    )
    if not question.answer:
        st.caption(":material/help: The files can be read in more than one way, and the result depends on it.")
    return chosen


def _ask_among_many(import_id: str, question: Question) -> str | None:
    labels = {
        option.value: " – ".join(text for text in (option.label, option.detail) if text) for option in question.options
    }
    return st.selectbox(
        f"**{plain(question.text)}**" + ("" if question.answer else f" {MUST}"),
        list(labels),
        index=list(labels).index(question.answer) if question.answer else None,
        format_func=labels.__getitem__,
        placeholder="Choose one",
        key=f"question-{import_id}-{question.key}",
    )
