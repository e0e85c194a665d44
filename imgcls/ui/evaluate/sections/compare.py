"""Is another run better than this one? Their answers to the same test pictures, side by side. `?other=` names it."""

import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.errors import RunError
from imgcls.evaluation.metrics import significance
from imgcls.evaluation.metrics.classification import losses
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.evaluate.parts import compared_images, other_run
from imgcls.ui.widgets import formatting, metric_row, settings_table
from imgcls.ui.widgets.metric_row import Number

STYLE = """<style>
.verdict{font-size:1.45rem;font-weight:600;line-height:1.35;margin:.2rem 0;overflow-wrap:anywhere}
.letters{opacity:.75;overflow-wrap:anywhere}
.byclass{display:grid;grid-template-columns:minmax(3rem,max-content) 1fr 4.4rem 9rem;gap:6px 12px;align-items:center;
font-variant-numeric:tabular-nums;font-size:.9rem}
.byclass b{font-weight:400;max-width:12rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.byclass span{position:relative;height:18px;background:linear-gradient(rgba(128,128,128,.5),rgba(128,128,128,.5))
center/1px 100% no-repeat}
.byclass span u{position:absolute;top:5px;height:8px;border-radius:4px;opacity:.45}
.byclass span u+u{top:2px;height:14px;width:3px;margin-left:-1px;border-radius:2px;opacity:1}
.byclass em{font-style:normal;text-align:right}.byclass i{font-style:normal;opacity:.75}
@media (max-width:640px){.byclass{grid-template-columns:minmax(2rem,5rem) 1fr 4.2rem}.byclass i{display:none}}
</style>"""


def show(run: Run, tested: Predictions) -> None:
    """The whole view; this run is B, the other one A."""
    other = other_run.choose(run)
    if other is None:
        return
    try:
        against = predictions.single_label_predictions(other)
        reason = obstacle(other.card, against, run.card, tested)
    except RunError as error:
        reason = str(error)
    if reason:
        st.info(plain(reason), icon=":material/info:")
        return
    stamps = (predictions.predictions_stamp(other), predictions.predictions_stamp(run))
    found = _compared(other, run, stamps)
    st.html(_sentence(found, other, run))
    _figures(found, other, run, stamps)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("By class", anchor=False, help="The share of the pictures of a class that was read rightly.")
        st.html(_by_class(other, run, stamps, run.card.classes))
        st.subheader("Settings in which they differ", anchor=False)
        settings_table.show([other, run])
    with right:
        compared_images.show(other, run, stamps, found)


def obstacle(first_model: ModelCard, first: Predictions, second_model: ModelCard, second: Predictions) -> str:
    """Why two runs cannot be compared picture by picture, as a sentence; nothing where they can.

    Equal labels alone do not prove equal pictures: two sets that are sorted by class have the same. So where the runs
    learnt from sets of different names, pictures that both have stored must be the same, too.
    """
    if first_model.classes != second_model.classes:
        return "These two runs have different classes, so their answers cannot be compared. Choose another run."
    if not np.array_equal(first.labels, second.labels):
        return (
            f"These two runs were tested on different pictures ({len(first.labels):,} and {len(second.labels):,}), so "
            "their answers cannot be compared one by one. Choose a run on the same data set."
        )
    both = np.flatnonzero((first.row_of >= 0) & (second.row_of >= 0))[:500]
    is_named_alike = first_model.data == second_model.data
    if not len(both) or first.images.shape[1:] != second.images.shape[1:]:
        is_same = is_named_alike
    else:
        is_same = np.array_equal(first.images[first.row_of[both]], second.images[second.row_of[both]])
    return (
        ""
        if is_same
        else (
            "These two runs have the same test labels, but other pictures: their data sets differ. Choose a run on the "
            "same data set."
        )
    )


# ---- the answer in words and figures


@lru_cache(32)
def _compared(other: Run, run: Run, stamps: tuple) -> Comparison:
    first, second = predictions.single_label_predictions(other), predictions.single_label_predictions(run)
    return significance.compare(first.predicted == first.labels, second.predicted == second.labels)


def _sentence(found: Comparison, other: Run, run: Run) -> str:
    return (
        f'{STYLE}<div class="verdict" role="status">{html.escape(found.sentence("A", "B"))}</div>'
        f'<div class="letters"><b>A</b> is {html.escape(other.label)}, <b>B</b> is {html.escape(run.label)}.</div>'
    )


def _figures(found: Comparison, other: Run, run: Run, stamps: tuple) -> None:
    right = {"A": found.both_right + found.only_first, "B": found.both_right + found.only_second}
    scores = {letter: wilson(number, found.count) for letter, number in right.items()}
    loss = _loss_difference(other, run, stamps)
    shown = [
        Number(f"Accuracy of {letter}", formatting.fraction(score.value), formatting.interval(score))
        for letter, score in scores.items()
    ]
    shown += [
        Number(
            "Difference",
            f"{100 * found.difference.value:+.2f}",
            f"points, {_points(found.difference)}",
            "Accuracy of B less that of A in percentage points, with its 95% interval by a paired bootstrap: 2,000 "
            "times as many pictures are drawn anew, each with both its answers.",
        ),
        Number(
            "Chance",
            _p_value(found.p_value),
            "p, McNemar, exact",
            "How often chance would split the pictures on which they differ so unevenly if neither were better. Below "
            "0.05 is usually taken for a difference. Who compares many runs will see that by chance, too.",
        ),
        Number("Only A right", f"{found.only_first:,}", "pictures"),
        Number("Only B right", f"{found.only_second:,}", "pictures"),
        Number("Both wrong", f"{found.both_wrong:,}", "pictures"),
        Number(
            "Cross-entropy",
            f"{loss.value:+.3f}",
            f"{loss.low:+.3f} to {loss.high:+.3f}",
            "That of B less that of A in nats, picture by picture, with its 95% interval. Below 0, B is the one that "
            "is less sure of what is wrong.",
        ),
    ]
    metric_row.show(shown)


@lru_cache(32)
def _loss_difference(other: Run, run: Run, stamps: tuple) -> Score:
    first, second = predictions.single_label_predictions(other), predictions.single_label_predictions(run)
    return significance.mean_difference(
        losses(second.probabilities, second.labels) - losses(first.probabilities, first.labels)
    )


def _points(score: Score) -> str:
    return f"{100 * score.low:+.2f} to {100 * score.high:+.2f}"


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


@lru_cache(32)
def _by_class(other: Run, run: Run, stamps: tuple, names: tuple[str, ...]) -> str:
    """For each class a bar of its interval around nothing; those that differ most come first."""
    first, second = predictions.single_label_predictions(other), predictions.single_label_predictions(run)
    is_right = (first.predicted == first.labels, second.predicted == second.labels)
    score = significance.by_class(first.labels, *is_right, len(names))
    count = np.bincount(first.labels, minlength=len(names))
    reach = max(0.01, float(np.abs([score.low[count > 0], score.high[count > 0]]).max(initial=0)))
    rows = []
    for label in np.argsort(-np.abs(score.value), kind="stable"):
        if not count[label]:
            continue
        value, low, high = (100 * float(part[label]) for part in (score.value, score.low, score.high))
        said = f"{value:+.1f} points, {low:+.1f} to {high:+.1f}"
        name = html.escape(names[label])
        colour = "#D55E00" if high < 0 else "#009E73" if low > 0 else "#8C939C"
        at = [50 + 49 * part / (100 * reach) for part in (low, value, high)]
        rows.append(
            f'<b title="{name}">{name}</b><span role="img" aria-label="{name}: {said}">'
            f'<u style="left:{at[0]:.2f}%;width:{at[2] - at[0]:.2f}%;background:{colour}"></u>'
            f'<u style="left:{at[1]:.2f}%;background:{colour}"></u></span>'
            f"<em>{value:+.1f}</em><i>{low:+.1f} to {high:+.1f}</i>"
        )
    note = "Points of recall of B less those of A, with 95% intervals; to the right B is better."
    return f'{STYLE}<p class="letters">{note}</p><div class="byclass">{"".join(rows)}</div>'
