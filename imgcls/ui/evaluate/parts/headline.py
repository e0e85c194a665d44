"""The scores at the top of the page with their 95% confidence intervals: the main one, the others one click away."""

import html
from collections.abc import Mapping
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from imgcls import languages
from imgcls.evaluation.metrics import percent
from imgcls.evaluation.metrics.classification import Report
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.multilabel import LabelReport
from imgcls.evaluation.selection import PAIR
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.ui.evaluate.parts.metric_help import AVERAGES, EXACT_MATCH, LABEL_ACCURACY, MULTI, NATS, SINGLE
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.metric_row import Number

ONE_LINE = 130
"""Characters of the sentence about errors, with its link, that fit on one line of a window 1280 pixels wide."""
STYLE = """<style>
.headline{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem 1.4rem;line-height:1.45}
.headline>div:nth-child(2){flex:1 1 0;min-width:min(24rem,100%)}
.headline>div a{white-space:nowrap}
.headline>div:first-child{font-size:3.2rem;font-weight:700;line-height:1.1;font-variant-numeric:tabular-nums}
.headline small{display:block;font-size:var(--small);color:var(--muted)}
details.scores[open]{flex-basis:100%}
details.scores summary{cursor:pointer;width:fit-content;padding:.2rem 0;font-size:.9rem}
details.scores p{max-width:32em;margin:1rem 0 0;font-size:.875rem;opacity:.75}
.stHtml details.scores dl.numbers{margin-top:.8rem}
</style>"""

TOO_FEW = N_("These are too few for a single figure.")
CONFIDENCE = (
    "A confidence interval is the range in which the score on all images of this kind probably lies: the fewer test "
    "images, the wider it is."
)


def show(
    report: Report | LabelReport,
    count: int,
    total: int | None = None,
    *,
    style: str = "",
    notes: Mapping[str, str] | None = None,
    folds: Score | None = None,
    see: str = "",
) -> None:
    """The main score in large type with one sentence about the errors, computed from `count` of `total` test images.

    The other scores open below it, and so do the texts of `notes`, by their names. `style` is HTML to send along: an
    element of its own would take room until its code is loaded. From few test images, the interval is in large type in
    place of the score, or else the cross-validated score, `folds`, which is of all training images. `see` is the URL to
    which a cell of the matrix is added, for a link to the images of the most frequent error.
    """
    is_filtered = total is not None and count != total
    if isinstance(report, LabelReport):
        main, name, note = report.macro_f1, "macro F1", "Macro F1 is the mean of the labels' F1 scores."
        numbers, summary = _multilabel_numbers(report), _weakest_label(report)
        method = (
            "Wilson for the exact match, normal approximation for label accuracy and cross-entropy, bootstrap for the "
            "rest"
        )
    else:
        main, name = report.accuracy, _("accuracy") if is_filtered else _("test accuracy")
        note = (
            "Averages cover the classes you filtered by or, without a filter, those that occur." if is_filtered else ""
        )
        numbers, summary = _single_numbers(report), _most_confused(report)
        method = "Wilson for accuracy, bootstrap for the averages"
    if is_filtered:
        source = _("From {count} of {total} test images: those that match the filters.")
    else:
        source = ngettext(
            "From {count} held-out test image, never used for training or model selection.",
            "From {count} held-out test images, never used for training or model selection.",
            count,
        )
    source = source.format(count=languages.number(count), total=languages.number(total or count))
    about = " ".join(sentence for sentence in (note, CONFIDENCE, f"95% confidence intervals: {method}.") if sentence)
    heading = _("{score} of filtered images").format(score=name) if is_filtered else name
    interval = _("95% confidence interval {range}").format(range=percent.interval(main.low, main.high))
    value, interval = formatting.fraction(main.value), html.escape(interval)
    if count < formatting.FEW_TEST_IMAGES and not is_filtered:
        measured = f"{name} {value}, {interval}"
        if folds is not None:
            value, heading = formatting.fraction(folds.value), _("cross-validated accuracy, on the training images")
            limits = percent.interval(folds.low, folds.high)
            interval = html.escape(_("95% confidence interval {range}").format(range=limits))
            source = f"{measured}. {source}"
        else:
            value, interval = percent.interval(main.low, main.high), html.escape(_("95% confidence interval"))
            source = f"{measured}. {source} {_(TOO_FEW)}"
    link = label = ""
    if see and not isinstance(report, LabelReport) and (worst := _worst_pair(report)):
        # Both directions, as the sentence counts both.
        between = int(report.matrix[worst] + report.matrix[worst[::-1]])
        target = f"{see}&{urlencode({'cell': PAIR.join(map(str, worst))})}"
        label = ngettext("Show this {count} image", "Show these {count} images", between)
        label = label.format(count=languages.number(between))
        link = f' <a href="{html.escape(target)}" target="_self">{html.escape(label)}</a>'
    others = html.escape(_("All scores"))
    more = "".join(
        f'<details class="scores"><summary>{html.escape(name)}</summary><p>{html.escape(text)}</p></details>'
        for name, text in (notes or {}).items()
    )
    is_long = len(summary) + len(label) > ONE_LINE
    with st.container(key="headline"), st.container(key="headline-long" if is_long else "headline-short"):
        st.html(
            f'{STYLE}{style}<div class="headline"><div>{value}</div>'
            f"<div><strong>{heading}</strong> · {interval}<br>{html.escape(summary)}{link}"
            f"<small>{html.escape(source)}</small></div>"
            f'<details class="scores"><summary>{others}</summary>{metric_row.markup(numbers)}<p>{about}</p></details>'
            f"{more}</div>"
        )


def _errors(report: Report) -> np.ndarray:
    return report.matrix - np.diag(np.diag(report.matrix))


def _worst_pair(report: Report) -> tuple[int, int] | None:
    """The true and the predicted class with the most errors between them in both directions, the more frequent one."""
    errors = _errors(report)
    if not errors.sum():
        return None
    both = np.triu(errors + errors.T)
    first, second = map(int, np.unravel_index(both.argmax(), both.shape))
    return (second, first) if errors[first, second] < errors[second, first] else (first, second)


def _most_confused(report: Report) -> str:
    """The pair of classes with the most errors between them: both directions together, then each as in the matrix."""
    errors, pair = _errors(report), _worst_pair(report)
    if pair is None:
        return _("No errors.")
    first, second = pair
    forth, back, total = (int(one) for one in (errors[first, second], errors[second, first], errors.sum()))
    if back:
        text = _(
            "Most mixed up: {first} and {second}, {count} of {total} errors: {forth} × {first} predicted as {second}, "
            "{back} × {second} predicted as {first}."
        )
    else:
        text = ngettext(
            "Most mixed up: {first} predicted as {second}, {count} of {total} error, and never the other way round.",
            "Most mixed up: {first} predicted as {second}, {count} of {total} errors, and never the other way round.",
            total,
        )
    counts = dict(
        zip(("forth", "back", "count", "total"), map(languages.number, (forth, back, forth + back, total)), strict=True)
    )
    return text.format(first=report.classes.names[first], second=report.classes.names[second], **counts)


def _weakest_label(report: LabelReport) -> str:
    """The label with the lowest F1 among those that some image has."""
    present = np.flatnonzero(report.labels.support)
    if not len(present):
        return ""
    weakest = present[np.argmin(report.labels.f1.value[present])]
    f1 = formatting.fraction(report.labels.f1.value[weakest])
    return _("Lowest F1: {label}, {f1}.").format(label=report.labels.names[weakest], f1=f1)


def _single_numbers(report: Report) -> list[Number]:
    numbers = []
    for average, meaning in AVERAGES.items():
        for name in ("precision", "recall", "F1"):
            score = getattr(report, f"{average}_{name.lower()}")
            numbers.append(_fraction(f"{average.capitalize()} {name}", score, f"{SINGLE[name]} {meaning}"))
    meaning = (
        "How surprised the model is by the true classes: 0 is perfect, and confident mistakes cost most. The mean "
        f"negative log-probability of the true class, in {NATS}."
    )
    return [*numbers, _cross_entropy(report.cross_entropy, meaning)]


def _multilabel_numbers(report: LabelReport) -> list[Number]:
    meaning = (
        "How surprised the model is by the true labels: 0 is perfect, and predicting 0.5 everywhere gives ln 2 = "
        f"0.693. The mean binary cross-entropy per label, in {NATS}."
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
