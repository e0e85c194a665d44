"""Is this run better than another one? Compares their predictions for the same test images. `?other=` is its id."""

import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.errors import RunError
from imgcls.evaluation import comparison, repeated_seeds
from imgcls.evaluation.metrics import significance
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts import other_run
from imgcls.ui.evaluate.parts.images import compared_images
from imgcls.ui.evaluate.parts.metric_help import NATS
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key
from imgcls.ui.widgets import formatting, metric_row, settings_table
from imgcls.ui.widgets.metric_row import Number

TITLE = "Compare"
GROUP = links.RELIABLE
ORDER = 80
USES_SELECTION = False
SUPPORTS = ("single", "multi")

MOST_GROUPS = 12
"""Of repeated runs, whose variation between seeds is known."""
BETTER, WORSE, OPEN = "#009E73", "#D55E00", "#8C939C"
STYLE = """<style>
.verdict{font-size:1.45rem;font-weight:600;line-height:1.35;margin:.2rem 0;overflow-wrap:anywhere}
.letters{max-width:32em;opacity:.75;overflow-wrap:anywhere}
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


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section; this run is A, the other one, which it is measured against, B."""
    other = other_run.choose(run)
    if other is None:
        return
    first, second = selection_state.key_of(other), selection_state.key_of(run)
    try:
        reason = comparison.obstacle(other.card, selection_state.predictions_of(first), run.card, predictions)
    except RunError as error:
        reason = str(error)
    if reason:
        st.info(plain(reason), icon=":material/info:")
        return
    is_multilabel = isinstance(predictions, Decisions)
    found = _compared(first, second)
    caution = repeated_seeds.caution(other, run, repeated_seeds.newest(MOST_GROUPS))
    st.html(_sentence(found, other, run, is_multilabel, caution.short if caution else ""))
    with st.container():  # also if it stays empty, so that what follows keeps its place
        if caution:
            st.warning(plain(caution.sentence), icon=":material/casino:")
    _numbers(found, first, second, is_multilabel)
    left, right = st.columns(2, gap="large")
    with left:
        if is_multilabel:
            st.header("By label", anchor=False, help="The fraction of images for which the label is decided correctly.")
        else:
            st.header("By class", anchor=False, help="The fraction of a class's images that are classified correctly.")
        st.html(_by_class(first, second))
        st.header("Differing settings", anchor=False)
        settings_table.show([run, other])
    with right:
        compared_images.show(first, second, found)


# ---- the verdict


@lru_cache(32)
def _compared(first: Key, second: Key) -> Comparison:
    a, b = selection_state.predictions_of(first), selection_state.predictions_of(second)
    return significance.compare(a.is_right, b.is_right)


def _sentence(found: Comparison, other: Run, run: Run, is_multilabel: bool, caveat: str) -> str:
    note = " Compared by exact match: an image counts as correct if all of its labels are." if is_multilabel else ""
    verdict = formatting.with_minus(found.sentence("B", "A", caveat=caveat))
    return (
        f'{STYLE}<div class="verdict" role="status">{html.escape(verdict)}</div>'
        f'<div class="letters"><b>A</b> is {html.escape(run.label)}, <b>B</b> is {html.escape(other.label)}.'
        f"{note}</div>"
    )


def _numbers(found: Comparison, first: Key, second: Key, is_multilabel: bool) -> None:
    name = "Exact match" if is_multilabel else "Accuracy"
    correct = {"A": found.both_right + found.only_second, "B": found.both_right + found.only_first}
    loss, keys = _loss_difference(first, second), (second, first)
    numbers = []
    for letter, number in correct.items():
        score = wilson(number, found.count)
        numbers.append(Number(f"{name} of {letter}", formatting.fraction(score.value), formatting.interval(score)))
    if is_multilabel:
        of_a, of_b = (formatting.fraction(selection_state.predictions_of(key).report.macro_f1.value) for key in keys)
        numbers.append(Number("Macro F1 of A", of_a, f"of B: {of_b}"))
    # The better one first, as in the sentence.
    better, worse, sign = ("A", "B", 1) if found.difference.value >= 0 else ("B", "A", -1)
    low, high = sorted((sign * 100 * found.difference.low, sign * 100 * found.difference.high))
    numbers += [
        Number(
            f"Difference, {better} − {worse}",
            formatting.with_minus(f"{sign * 100 * found.difference.value:+.2f}"),
            formatting.with_minus(f"points, {low:+.2f} to {high:+.2f}"),
            f"{name} of {better} minus that of {worse} in percentage points, with its 95% confidence interval from a "
            "paired bootstrap of 2,000 resamples.",
        ),
        Number(
            "p-value",
            "< 0.001" if found.p_value < 0.001 else f"{found.p_value:.3f}",
            "exact McNemar test",
            "The probability of a split at least this uneven if both models were equally good. Below 0.05 is "
            "conventionally significant. When comparing many runs, expect some by chance.",
        ),
        Number(
            "Only A, only B correct",
            f"{found.only_second:,}, {found.only_first:,}",
            f"images; both wrong: {found.both_wrong:,}",
        ),
        Number(
            f"Cross-entropy, {better} − {worse}",
            formatting.with_minus(f"{sign * loss.value:+.3f}"),
            formatting.with_minus("{:+.3f} to {:+.3f}".format(*sorted((sign * loss.low, sign * loss.high)))),
            f"How surprised a model is by the true classes: below 0, {better} assigns them higher probabilities than "
            f"{worse}. The cross-entropy of {better} minus that of {worse} in {NATS}, paired by image, with its 95% "
            "confidence interval.",
        ),
    ]
    metric_row.show(numbers)


@lru_cache(32)
def _loss_difference(first: Key, second: Key) -> Score:
    a, b = selection_state.predictions_of(first), selection_state.predictions_of(second)
    return significance.mean_difference(b.losses - a.losses)


# ---- by class or label


@lru_cache(32)
def _by_class(first: Key, second: Key) -> str:
    """For each class or label a bar with the interval of the difference; the largest differences come first."""
    score, count = comparison.differences(selection_state.predictions_of(first), selection_state.predictions_of(second))
    value, low, high = (100 * np.asarray(part) for part in (score.value, score.low, score.high))
    reach = max(1.0, float(np.abs([low[count > 0], high[count > 0]]).max(initial=0)))
    rows = []
    for label in np.argsort(-np.abs(value), kind="stable"):
        if not count[label]:
            continue
        ends = formatting.with_minus(f"{low[label]:+.1f} to {high[label]:+.1f}")
        difference = formatting.with_minus(f"{value[label]:+.1f}")
        name = html.escape(first.names[label])
        colour = WORSE if high[label] < 0 else BETTER if low[label] > 0 else OPEN
        left, middle, right = (50 + 49 * part[label] / reach for part in (low, value, high))
        rows.append(
            f'<b title="{name}">{name}</b>'
            f'<span role="img" aria-label="{name}: {difference} points, {ends}">'
            f'<u style="left:{left:.2f}%;width:{right - left:.2f}%;background:{colour}"></u>'
            f'<u style="left:{middle:.2f}%;background:{colour}"></u></span><em>{difference}</em><i>{ends}</i>'
        )
    metric = "Recall" if first.threshold is None else "Label accuracy"
    note = f"{metric} of A minus that of B in points, with 95% confidence intervals; on the right, A is better."
    figure = f'<p class="letters">{note}</p><div class="byclass">{"".join(rows)}</div>'
    return STYLE + framed(figure, "difference-by-class")
