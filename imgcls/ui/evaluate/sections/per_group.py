"""How good is the model on each group of images, such as a patient, a plot or a writer? The worst groups come first."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls.evaluation.metrics.per_group import GroupScores, group_scores
from imgcls.evaluation.metrics.percent import interval, percentages
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts import metric_help
from imgcls.ui.evaluate.parts.images import gallery
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key
from imgcls.ui.widgets import formatting

TITLE = "Per group"
GROUP = links.WRONG
ORDER = 25
USES_SELECTION = False
SUPPORTS = ("single", "multi")


def applies(predictions: Predictions | Decisions) -> bool:
    """Whether the test images belong to groups."""
    return len(predictions.records.group_names) > 0 and "test" in predictions.records.groups


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    key = selection_state.key_of(run)
    found = _scores(key)
    st.header("Accuracy per group", anchor=False)
    if found is None:
        st.info("No test image belongs to a group.", icon=":material/group_work:")
        return
    is_multilabel = isinstance(predictions, Decisions)
    name = "Exact match" if is_multilabel else "Accuracy"
    without = len(predictions.labels) - int(found.images.sum())
    rest = f" {formatting.count(without, 'image')} without a group are left out." if without else ""
    st.markdown(
        f"**{formatting.fraction(found.overall.value)}** ({formatting.interval(found.overall)}) over the test images "
        f"of {formatting.count(len(found.groups), 'group')}.{rest}"
    )
    st.caption(
        "This interval resamples whole groups, because images of one group are alike; it shows what to expect of new "
        f"groups. Groups with few images have wide intervals. {metric_help.EXACT_MATCH if is_multilabel else ''}"
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        event = st.dataframe(
            _table(key, name),
            hide_index=True,
            height=min(35 * (len(found.groups) + 1) + 3, 460),
            key=f"group-table-{run.id}",
            on_select="rerun",
            selection_mode="multi-row",
            column_config={
                f"{name} (%)": st.column_config.NumberColumn(format="%.1f"),
                "95% CI": st.column_config.TextColumn(help="95% confidence interval (Wilson).", width=90),
            },
            alt=f"{name} of every group, the lowest first.",
        )
    with right:
        rows = [row for row in (event.selection.rows if event else []) if row < len(found.groups)]
        chosen = found.groups[rows] if rows else found.groups[:1]
        if not rows:
            st.caption("Select groups in the table to see their images. The images below belong to the worst one.")
        view = selection_state.current(run)
        is_member = np.isin(predictions.records.groups["test"][predictions.indices, 0], chosen)
        positions = predictions.worst_first[is_member[predictions.worst_first]]
        gallery.paged(view, positions, f"group-{run.id}-{'-'.join(map(str, chosen.tolist()))}", "errors first")


@lru_cache(8)
def _scores(key: Key) -> GroupScores | None:
    predictions = selection_state.predictions_of(key)
    return group_scores(predictions.records.groups["test"][predictions.indices, 0], predictions.is_right)


@lru_cache(8)
def _table(key: Key, name: str) -> pa.Table:
    found, names = _scores(key), selection_state.predictions_of(key).records.group_names
    assert found is not None
    accuracy = found.accuracy
    return pa.table(
        {
            "Group": [names[number] for number in found.groups],
            "Images": found.images,
            "Errors": found.images - found.correct,
            f"{name} (%)": percentages(accuracy.value),
            "95% CI": [interval(low, high) for low, high in zip(accuracy.low, accuracy.high, strict=True)],
        }
    )
