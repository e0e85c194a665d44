"""The Evaluate page: the scores in a few lines, and one view below them, chosen in the URL.

A view is a module with `show(run, tested)`, loaded when it is first looked at. Only the chosen one is built. The views
in `LINKED` share one selection of the test pictures, see `linked`; the scores above them are those of what it leaves.
"""

import time
from importlib import import_module

import streamlit as st

from imgcls.evaluation.metrics.classification import Report
from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run, holdout_usage
from imgcls.ui.app import soft_links
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

VIEWS = {
    "Mistakes": "mistakes",
    "Classes": "classes",
    "Scores": "scores",
    "Time machine": "epoch_history",
    "Learning": "training_curves",
    "Picture": "image",
    "Inside": "activations",
    "Compare": "compare",
    "Robustness": "robustness",
    "Label errors": "label_errors",
    "Report": "report",
}
LINKED = ("Mistakes", "Classes", "Scores")
"""Views of what the selection leaves."""
EXPLAINED = {
    "precision": "Of the pictures that were given a class, the share that belongs to it.",
    "recall": "Of the pictures that belong to a class, the share that was given it.",
    "F1": "The harmonic mean of precision and recall: high only if both are.",
}
AVERAGES = {"macro": "Every class counts the same.", "weighted": "A class counts by its pictures."}


def show(run: Run, tested: Predictions) -> None:
    """The whole page below the choice of the run."""
    _count_opening(run)
    soft_links.enable()
    head = st.container()
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default="Mistakes",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    with head:
        if view in LINKED:
            _linked_scores(run, tested)
        else:
            scores(tested.report, len(tested.labels))
        if tested.broken:
            st.warning(
                f"{formatting.count(tested.broken, 'answer')} of this model held no numbers. They count as the first class "
                "with no probability at all. Train it again with a smaller learning rate.",
                icon=":material/warning:",
            )
        st.caption(_honest(run))
    import_module(f"imgcls.ui.evaluate.sections.{VIEWS[view]}").show(run, tested)


def _linked_scores(run: Run, tested: Predictions) -> None:
    looked = selection_state.look(run, tested)
    selection_state.bar(looked)
    if looked.report is None:
        st.info("The selection leaves no test picture. Lift a part of it.", icon=":material/filter_alt_off:")
    else:
        scores(looked.report, int(looked.left.sum()), len(tested.labels))


def scores(report: Report, count: int, total: int | None = None) -> None:
    """The accuracy in large type, the averages beside it, each with its 95% interval; `count` of `total` pictures."""
    narrowed = total is not None and count != total
    first, rest = st.columns([2, 7], vertical_alignment="center", gap="large")
    with first:
        st.html(
            f'<div style="font-size:3.2rem;font-weight:700;line-height:1.1">{formatting.fraction(report.accuracy.value)}</div>'
            f'<div style="opacity:.75">{"accuracy of what is left" if narrowed else "test accuracy"}<br>'
            f"{formatting.interval(report.accuracy)}</div>"
        )
    with rest:
        shown = []
        for average, how in AVERAGES.items():
            for name in ("precision", "recall", "F1"):
                score = getattr(report, f"{average}_{name.lower()}")
                value, interval = formatting.fraction(score.value), formatting.interval(score)
                shown.append(Number(f"{average.capitalize()} {name}", value, interval, f"{EXPLAINED[name]} {how}"))
        shown.append(
            Number(
                "Cross-entropy",
                f"{report.cross_entropy.value:.3f}",
                formatting.interval(report.cross_entropy, as_fraction=False),
                "Mean of minus the logarithm of the probability that the true class got, in nats: being surely wrong "
                "costs much. Smaller is better.",
            )
        )
        metric_row.show(shown)
    if not narrowed:
        images = (
            f"From {formatting.count(count, 'test picture')} that were used neither to train nor to choose anything."
        )
    else:
        images = (
            f"From {count:,} of {total:,} test pictures: those that the selection leaves. Averages count the classes "
            "that are chosen, or occur."
        )
    st.caption(f"{images} The ranges are 95% intervals: Wilson for the accuracy, bootstrap for the averages.")


def _count_opening(run: Run) -> None:
    """Counts this visit as one opening of the run's test set, however often the page is drawn."""
    seen = st.session_state.setdefault("opened-tests", set())
    if run.id not in seen:
        seen.add(run.id)
        holdout_usage.record(run)


def _honest(run: Run) -> str:
    opened = holdout_usage.read(run)
    if opened.count < 2:
        return "The test set of this run is opened here for the first time: this score is as honest as it gets."
    since = "" if opened.first is None else f" since {time.strftime('%d %B %Y', time.localtime(opened.first))}"
    return (
        f"The test set of this run was opened {opened.count:,} times here{since}. Compare settings by their validation "
        "scores: who chooses by the test score has no test left."
    )
