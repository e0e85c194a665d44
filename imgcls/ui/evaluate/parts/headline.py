"""The scores at the top of the page, each with its 95% confidence interval."""

from collections.abc import Sequence

import streamlit as st

from imgcls.evaluation.metrics.classification import Report
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.multilabel import LabelReport
from imgcls.ui.evaluate.parts.metric_help import AVERAGES, EXACT_MATCH, LABEL_ACCURACY, MULTI, SINGLE
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number


def show(report: Report | LabelReport, count: int, total: int | None = None) -> None:
    """The main score in large type and the others beside it, computed from `count` of `total` test images."""
    is_filtered = total is not None and count != total
    if isinstance(report, LabelReport):
        main, name, note = report.macro_f1, "macro F1", "Macro F1 is the mean of the labels' F1 scores."
        numbers = _multilabel_numbers(report)
        method = (
            "Wilson for the exact match, normal approximation for label accuracy and cross-entropy, bootstrap for the "
            "rest"
        )
    else:
        main, name = report.accuracy, "accuracy" if is_filtered else "test accuracy"
        note = "Averages cover the filtered classes, or those that occur." if is_filtered else ""
        numbers = _single_numbers(report)
        method = "Wilson for accuracy, bootstrap for the averages"
    _draw(main, f"{name} of filtered images" if is_filtered else name, numbers)
    if is_filtered:
        source = f"From {count:,} of {total:,} test images: those that match the filters."
    else:
        source = f"From {formatting.count(count, 'held-out test image')}, never used for training or model selection."
    sentences = [source, note, f"95% confidence intervals: {method}."]
    st.caption(" ".join(sentence for sentence in sentences if sentence))


def _draw(main: Score, name: str, numbers: Sequence[Number]) -> None:
    first, rest = st.columns([2, 7], vertical_alignment="center", gap="large")
    with first:
        value = formatting.fraction(main.value)
        st.html(
            f'<div style="font-size:3.2rem;font-weight:700;line-height:1.1">{value}</div>'
            f'<div style="opacity:.75">{name}<br>{formatting.interval(main)}</div>'
        )
    with rest:
        metric_row.show(numbers)


def _single_numbers(report: Report) -> list[Number]:
    numbers = []
    for average, meaning in AVERAGES.items():
        for name in ("precision", "recall", "F1"):
            score = getattr(report, f"{average}_{name.lower()}")
            numbers.append(_fraction(f"{average.capitalize()} {name}", score, f"{SINGLE[name]} {meaning}"))
    meaning = (
        "Mean negative log-probability of the true class, in nats. Confident mistakes are penalised heavily. Lower is "
        "better."
    )
    return [*numbers, _cross_entropy(report.cross_entropy, meaning)]


def _multilabel_numbers(report: LabelReport) -> list[Number]:
    meaning = (
        "Mean binary cross-entropy per label, in nats. Predicting 0.5 everywhere gives ln 2 = 0.693. Lower is better."
    )
    return [
        _fraction("Micro F1", report.micro_f1, f"{MULTI['F1']} Computed over all labels of all images together."),
        _fraction(
            "Average precision", report.mean_average_precision, f"Mean over the labels. {MULTI['Average precision']}"
        ),
        _fraction("Exact match", report.all_right, EXACT_MATCH),
        _fraction("Label accuracy", report.label_accuracy, LABEL_ACCURACY),
        _cross_entropy(report.cross_entropy, meaning),
    ]


def _fraction(name: str, score: Score, meaning: str) -> Number:
    return Number(name, formatting.fraction(score.value), formatting.interval(score), meaning)


def _cross_entropy(score: Score, meaning: str) -> Number:
    return Number("Cross-entropy", f"{score.value:.3f}", formatting.interval(score, as_fraction=False), meaning)
