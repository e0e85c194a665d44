"""The Evaluate page of a run: scores at the top, and below them one section, chosen in the URL.

Sections are found in `imgcls.ui.evaluate.sections`; only the chosen one is drawn. Those that use the selection show the
images that the filters keep, and so do the scores above them. Single-label and multi-label runs share all of it.
"""

import time

import streamlit as st

from imgcls.errors import RunError
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.runs import Run, holdout_usage
from imgcls.ui.app import soft_links
from imgcls.ui.evaluate import sections
from imgcls.ui.evaluate.parts import headline
from imgcls.ui.evaluate.parts.selection import filters, selection_state
from imgcls.ui.widgets import formatting, threshold


def show(run: Run) -> None:
    """Everything below the run selector.

    Raises:
        RunError: the run has no predictions, or a file is damaged.
    """
    is_multilabel = run.card.is_multilabel
    if is_multilabel:
        threshold.choose(run.card)
    predictions = selection_state.predictions_of(selection_state.key_of(run))
    _count_opening(run)
    soft_links.enable()
    head = st.container()
    available = sections.available(sections.MULTI if is_multilabel else sections.SINGLE)
    available = {title: section for title, section in available.items() if sections.applies(section, predictions)}
    title = st.segmented_control(
        "Section",
        list(available),
        default=next(iter(available)),
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    section = available[title]
    with head:
        if section.USES_SELECTION:
            _selected_scores(run)
        else:
            headline.show(predictions.report, len(predictions.labels))
        if predictions.broken:
            noun = formatting.count(predictions.broken, "prediction")
            st.warning(
                f"{noun} of this model were not numbers and count as probability 0. Train it again with a smaller "
                "learning rate.",
                icon=":material/warning:",
            )
        if text := _cross_validation(run):
            st.caption(text)
        if text := _usage(run):
            st.caption(text)
    section.show(run, predictions)


def _selected_scores(run: Run) -> None:
    view = selection_state.current(run)
    filters.chips(view)
    if view.report is None:
        st.info("No test images match the filters. Remove one.", icon=":material/filter_alt_off:")
    else:
        headline.show(view.report, int(view.filtered.sum()), view.total)


def _count_opening(run: Run) -> None:
    """Counts this visit as one use of the run's test set, however often the page is redrawn."""
    counted = st.session_state.setdefault("opened-tests", set())
    if run.id not in counted:
        counted.add(run.id)
        holdout_usage.record(run)


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
        f"Cross-validation on the training images: accuracy **{formatting.fraction(score.value)}** "
        f"({formatting.interval(score)}), the mean of {len(found['each'])} folds ({each}). Each image was predicted by "
        "a model that was not trained on it."
    )


def _usage(run: Run) -> str:
    """How often the test scores were viewed, from the second time on; an unbiased estimate needs no remark."""
    usage = holdout_usage.read(run)
    if usage.count < 2:
        return ""
    since = "" if usage.first is None else f" since {time.strftime('%d %B %Y', time.localtime(usage.first))}"
    return (
        f"This run's test scores have been viewed {usage.count:,} times{since}. If you select models by test score, "
        "the test set is no longer an unbiased estimate. Compare runs by validation score."
    )
