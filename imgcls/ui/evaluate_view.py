"""The Evaluate page: the scores in a few lines, and one view below them, chosen in the URL.

A view is a module with `show(run, tested)`, loaded when it is first looked at. Only the chosen one is built.
"""

from importlib import import_module

import streamlit as st

from imgcls.metrics import Report
from imgcls.runs import Run
from imgcls.ui import numbers, words
from imgcls.ui.numbers import Number
from imgcls.ui.stored import Tested

VIEWS = {
    "Mistakes": "mistakes_view",
    "Classes": "classes_view",
    "Learning": "learning_view",
    "Compare": "compare_view",
    "Robustness": "robustness_view",
    "Label errors": "labels_view",
    "Report": "report_view",
}
EXPLAINED = {
    "precision": "Of the pictures that were given a class, the share that belongs to it.",
    "recall": "Of the pictures that belong to a class, the share that was given it.",
    "F1": "The harmonic mean of precision and recall: high only if both are.",
}
AVERAGES = {"macro": "Every class counts the same.", "weighted": "A class counts by its pictures."}


def scores(report: Report, count: int) -> None:
    """The accuracy in large type, the averages beside it, each with its 95 % interval."""
    first, rest = st.columns([2, 7], vertical_alignment="center", gap="large")
    with first:
        st.html(
            f'<div style="font-size:3.2rem;font-weight:700;line-height:1.1">{words.share(report.accuracy.value)}</div>'
            f'<div style="opacity:.75">test accuracy<br>{words.interval(report.accuracy)}</div>'
        )
    with rest:
        shown = []
        for average, how in AVERAGES.items():
            for name in ("precision", "recall", "F1"):
                score = getattr(report, f"{average}_{name.lower()}")
                value, interval = words.share(score.value), words.interval(score)
                shown.append(Number(f"{average.capitalize()} {name}", value, interval, f"{EXPLAINED[name]} {how}"))
        shown.append(
            Number(
                "Cross-entropy",
                f"{report.cross_entropy.value:.3f}",
                words.interval(report.cross_entropy, as_share=False),
                "Mean of minus the logarithm of the probability that the true class got, in nats: being surely wrong "
                "costs much. Smaller is better.",
            )
        )
        numbers.show(shown)
    st.caption(
        f"From {words.count(count, 'test picture')} that were used neither to train nor to choose anything. "
        "The ranges are 95 % intervals: Wilson for the accuracy, bootstrap for the averages."
    )


def chosen(run: Run, tested: Tested) -> None:
    """The choice of the view, and the view."""
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default="Mistakes",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    import_module(f"imgcls.ui.{VIEWS[view]}").show(run, tested)
