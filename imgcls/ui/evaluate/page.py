"""The Evaluate page of a run: scores at the top, and below them one section, chosen in the URL.

Sections are found in `imgcls.ui.evaluate.sections`; only the chosen one is drawn. Those that use the selection show the
images that the filters keep, and so do the scores above them. Single-label and multi-label runs share all of it.
"""

from collections.abc import Mapping, Sequence
from types import ModuleType
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imgcls import runs
from imgcls.errors import RunError
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.annotations import holdout_usage
from imgcls.ui.app import soft_links
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.lessons import markers
from imgcls.ui.components import confusion_matrix
from imgcls.ui.evaluate import links, sections
from imgcls.ui.evaluate.parts import headline
from imgcls.ui.evaluate.parts.selection import filters, selection_state
from imgcls.ui.widgets import formatting, threshold

KEY = "view"
"""The section, in the session and in the URL."""
VIEWED = "viewed-tests"
"""Session key: run -> of how many runs on its dataset the test scores had been viewed when it was opened."""
CHOICE_FROM = 3
"""With so many runs whose test scores were viewed, the page says how to choose between them."""


def show(run: Run, head: DeltaGenerator) -> None:
    """Everything below the run selector. The active filters are in `head`, beside it: a row of their own would push the
    matrix away from the pointer that has chosen one.

    Raises:
        RunError: the run has no predictions, or a file is damaged.
    """
    is_multilabel = run.card.is_multilabel
    if is_multilabel:
        threshold.choose(run.card)
    predictions = selection_state.predictions_of(selection_state.key_of(run))
    _count_opening(run)
    available = sections.available(sections.MULTI if is_multilabel else sections.SINGLE)
    available = {title: section for title, section in available.items() if sections.applies(section, predictions)}
    st.session_state[markers.SECTIONS] = tuple(available)
    # The scores depend on the section, and stand above its control: drawn later, they would push everything down.
    first = next(iter(available))
    section = available.get(st.session_state.get(KEY) or st.query_params.get(KEY, ""), available[first])
    style = _group_names(available) + _room(predictions.names)
    notes = _notes(run)
    if section.USES_SELECTION:
        _selected_scores(run, head, style, notes)
    else:
        see = "" if fixed_controls.is_fixed(KEY) else links.section(run, links.ERRORS)
        count = len(predictions.labels)
        with head:
            filters.chips(selection_state.current(run), are_off=not getattr(section, "GOES_THROUGH_SELECTION", False))
        headline.show(predictions.report, count, style=style, notes=notes, folds=_folds(run), see=see)
    if predictions.broken:
        noun = formatting.count(predictions.broken, "prediction")
        st.warning(
            f"{noun} of this model were not numbers and count as probability 0. Train it again with a smaller "
            "learning rate.",
            icon=":material/warning:",
        )
    with st.container(key="sections"):  # the style sheet asks for its width
        title = st.segmented_control(
            "Section",
            list(available),
            default=first,
            required=True,
            bind="query-params",
            label_visibility="collapsed",
            **fixed_controls.keyed(KEY),
        )
    section = available[title]
    section.show(run, predictions)
    soft_links.enable()


def _group_names(available: Mapping[str, ModuleType]) -> str:
    """Style rules that write the name of each group above its first section.

    The sections are one control, so that each is one click away and in the URL; the names are for the eye only.
    """
    groups = [_(section.GROUP) for section in available.values()]
    firsts = {group: groups.index(group) + 1 for group in dict.fromkeys(groups)}
    rules = (
        f".st-key-view button:nth-of-type({at}){{margin-left:{'1.75rem' if at > 1 else '0'}}}"
        f'.st-key-view button:nth-of-type({at})::before{{content:"{group}" / ""}}'
        for group, at in firsts.items()
    )
    return f"<style>{''.join(rules)}</style>"


def _room(names: Sequence[str]) -> str:
    """The height of the confusion matrix, until that is loaded."""
    height, below = confusion_matrix.room(names)
    return f"<style>:root{{--matrix-room:calc({height} + {below} + 1.5rem)}}</style>"


def _selected_scores(run: Run, head: DeltaGenerator, style: str, notes: dict[str, str]) -> None:
    view = selection_state.current(run)
    with head:
        filters.chips(view)
    if view.report is None:
        st.info("No test images match the filters. Remove one.", icon=":material/filter_alt_off:")
    else:
        query = {name: text for name, text in st.query_params.to_dict().items() if name not in ("panel", "cell")}
        see = "" if fixed_controls.is_fixed(KEY) else "?" + urlencode(query | {"run": run.id, KEY: links.ERRORS})
        count = int(view.filtered.sum())
        headline.show(view.report, count, view.total, style=style, notes=notes, folds=_folds(run), see=see)


def _folds(run: Run) -> Score | None:
    """The mean accuracy of the cross-validation; None without one, or with a damaged result.json."""
    try:
        found = (run.result or {}).get("folds")
    except RunError:
        return None
    return Score(found["accuracy"], found["low"], found["high"]) if found else None


def _count_opening(run: Run) -> None:
    """Counts this visit as one use of the run's test set, however often the page is redrawn.

    Not of a model that comes with the project: its test scores are an example, and no model is selected by them.
    """
    if run.is_example:
        return
    counted = st.session_state.setdefault("opened-tests", set())
    if run.id not in counted:
        counted.add(run.id)
        holdout_usage.record(run)
        st.session_state.setdefault(VIEWED, {})[run.id] = len(holdout_usage.viewed_beside(run, runs.all_runs()))


def _notes(run: Run) -> dict[str, str]:
    """What else there is to say about the scores: a short name -> the text that it opens."""
    notes = {"Cross-validation": _cross_validation(run), **_usage(run)}
    return {name: text for name, text in notes.items() if text}


def _cross_validation(run: Run) -> str:
    """The result of the cross-validation as a sentence; empty if the run has none, or a damaged result.json, which
    the run's own page reports."""
    try:
        found = (run.result or {}).get("folds")
    except RunError:
        return ""
    if not found:
        return ""
    each = ", ".join(formatting.fraction(accuracy) for accuracy in found["each"])
    score = Score(found["accuracy"], found["low"], found["high"])
    return (
        f"Cross-validation on the training images: accuracy {formatting.fraction(score.value)} "
        f"({formatting.interval(score)}), the mean of {len(found['each'])} folds ({each}). Each image was predicted by "
        "a model that was not trained on it."
    )


def _usage(run: Run) -> dict[str, str]:
    """How to choose between runs, once the test scores of several on the same dataset were viewed: before that, nobody
    can have chosen by them."""
    viewed = st.session_state.get(VIEWED, {}).get(run.id, 0)
    if viewed < CHOICE_FROM:
        return {}
    text = (
        f"The test scores of {viewed:,} runs on this dataset have been viewed. The best of them was partly lucky with "
        "these test images and may do worse on new ones. So choose the run with the best validation score; then its "
        "test score tells you fairly what to expect."
    )
    return {"Choosing between runs?": text}
