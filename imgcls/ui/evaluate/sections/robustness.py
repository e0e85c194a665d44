"""How accurate is the model on corrupted images? Computed once by a background task, then read from the run."""

import html
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from imgcls import datasets, languages
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.multilabel import THRESHOLD
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.robustness import evaluate, recommendations
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, STRENGTHS
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.evaluate.links import RELIABLE
from imgcls.ui.evaluate.parts import corruption_charts, corruption_score, missing_dataset
from imgcls.ui.evaluate.parts.images import corruption_flips, corruption_preview
from imgcls.ui.evaluate.parts.selection.selection_state import Key, key_of
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import formatting, metric_row, task_panel
from imgcls.ui.widgets.metric_row import Number

TITLE = "Robustness"
GROUP = RELIABLE
ORDER = 90
USES_SELECTION = False
SUPPORTS = ("single", "multi")

MOST_CLASSES = 100
STYLE = """<style>
.heat{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;width:100%;table-layout:fixed}
.heat caption{text-align:left;font-size:.85rem;opacity:.75;padding:0 0 6px}
@media(hover:none){.heat caption{padding-right:2.2rem}}
.heat th,.heat td{padding:5px 6px;text-align:right;font-weight:400;border:0}
.heat th[scope=row]{text-align:left;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.heat thead th{opacity:.75}.heat thead th:first-child{width:30%}
</style>"""


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    st.header("Robustness", anchor=False)
    task = evaluate.task_of(run)
    state = task.state()
    if state.state == "ready":
        _results(run, predictions)
    elif state.state == "idle":
        _offer(run, predictions)
    else:
        task_panel.show(task, state, lambda: evaluate.start(run), "Robustness could not be evaluated.")


def _offer(run: Run, predictions: Predictions | Decisions) -> None:
    st.markdown(
        f"Eight corruptions, each at five strengths, applied to up to {evaluate.MOST:,} test images. Runs in the "
        "background, usually for less than a minute; the results are stored with the run."
    )
    corruption_preview.show(key_of(run))
    try:
        evaluate.checked(run, cached.dataset(run.card.data), predictions.labels)
    except UserError as error:
        if not missing_dataset.show(run, "To test this", key="robustness-data"):
            st.info(plain(str(error)), icon=":material/info:")
        return
    task_panel.button("Evaluate robustness", lambda: evaluate.start(run), primary=True)


# ---- results


@lru_cache(8)
def _read(key: Key, stamp: float) -> evaluate.Robustness:
    return evaluate.read(key.run, THRESHOLD if key.threshold is None else key.threshold)


def _results(run: Run, predictions: Predictions | Decisions) -> None:
    stamp, key = evaluate.task_of(run).stamp(), key_of(run)
    try:
        found = _read(key, stamp)
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        _again(run)
        return
    metric_row.show(_numbers(key, stamp, languages.current()))
    st.html(_curves(key, stamp))
    metric = "Exact match" if found.is_multilabel else "Accuracy"
    st.caption(
        f"{metric} of the {'8-bit' if found.is_8_bit else 'float32'} model on "
        f"{formatting.count(len(found.indices), 'test image')} at strengths 0 (original) to 5; the band is the 95% "
        "confidence interval."
    )
    _recommend(key, stamp)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        common: dict[str, Any] = {"required": True, "bind": "query-params"}
        name = st.segmented_control(
            "Corruption", list(CORRUPTIONS), default="noise", **common, **fixed_controls.keyed("corruption")
        )
        default = recommendations.AT_STRENGTH
        strength = st.segmented_control(
            "Strength", STRENGTHS, default=default, **common, **fixed_controls.keyed("strength")
        )
    corruption_score.show(found, key.names, name, strength)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("### By label" if found.is_multilabel else "### By class")
        st.html(_by_class(key, stamp, name))
    with right:
        st.markdown("### Predictions that change")
        corruption_flips.show(key, predictions, found, stamp, name, strength)
    _again(run)


def _again(run: Run) -> None:
    def again() -> None:
        evaluate.task_of(run).discard()
        evaluate.start(run)

    task_panel.button("Evaluate again", again)


@lru_cache(16)
def _numbers(key: Key, stamp: float, language: str) -> tuple[Number, ...]:
    found = _read(key, stamp)
    count = len(found.indices)
    clean = wilson(int(found.clean_right.sum()), count)
    corrupted = found.corrupted_right
    by_corruption = corrupted.mean((1, 2))
    worst, best = int(by_corruption.argmin()), int(by_corruption.argmax())
    metric = "exact match" if found.is_multilabel else "accuracy"
    numbers = [
        Number(
            f"Clean {metric}",
            formatting.fraction(clean.value),
            formatting.interval(clean),
            "On the original images of this sample.",
        ),
        Number(
            f"Corrupted {metric}",
            formatting.fraction(float(corrupted.mean())),
            "mean of all 40 conditions",
            "The mean of eight corruptions at five strengths. Strength 5 is hard even for people.",
        ),
        Number("Worst", found.names[worst], f"{formatting.fraction(float(by_corruption[worst]))} on average"),
        Number("Best", found.names[best], f"{formatting.fraction(float(by_corruption[best]))} on average"),
    ]
    if found.is_multilabel:
        value = formatting.fraction(found.label_accuracy())
        numbers.insert(2, Number("Corrupted label accuracy", value, "fraction of correct label decisions"))
    return tuple(numbers)


@lru_cache(16)
def _curves(key: Key, stamp: float) -> str:
    return corruption_charts.markup(_read(key, stamp), corruption_preview.examples(key))


@lru_cache(64)
def _by_class(key: Key, stamp: float, name: str) -> str:
    """The recall of each class or label from strength 0 to 5; the worst first."""
    found = _read(key, stamp)
    fractions, count = found.by_class(name, len(key.names))
    rows = []
    order = [label for label in np.argsort(fractions[:, 1:].mean(1), kind="stable") if count[label]]
    for label in order[:MOST_CLASSES]:
        title = html.escape(key.names[label])
        cells = "".join(
            f'<td style="background:rgba(213,94,0,{0.6 * (1 - fraction):.2f})">{percent(fraction, 0)[:-1]}</td>'
            for fraction in fractions[label]
        )
        rows.append(f'<tr><th scope="row" title="{title}: {count[label]} images">{title}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{strength}</th>' for strength in range(6))
    metric = "Recall" if found.is_multilabel else "Accuracy"
    table = (
        f'<table class="heat"><caption>'
        f"{metric} under {html.escape(name)} (%) at strengths 0 to 5; based on few images per class</caption>"
        f'<thead><tr><th scope="col"></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    return STYLE + framed(table, "robustness-by-class")


# ---- recommendations


@lru_cache(16)
def _recommendations(
    key: Key, stamp: float, config_stamp: tuple[float, ...]
) -> tuple[recommendations.Recommendation, ...]:
    """Augmentations that would help; cached, because it draws seven bootstraps."""
    config = key.run.config
    return tuple(recommendations.recommend(_read(key, stamp), config, datasets.facts(config.data)))


def _recommend(key: Key, stamp: float) -> None:
    run = key.run
    try:
        found = _recommendations(key, stamp, run.stamp("config.json"))
    except UserError:
        return  # nothing can be recommended without the settings or the dataset
    if not found:
        st.success(
            "No further augmentation recommended: at medium strength, no corruption that an augmentation could "
            f"address costs this model {100 * recommendations.LEAST_LOSS:.0f} points or more, or the run already used "
            "that augmentation.",
            icon=":material/shield:",
        )
        return
    costs = ", ".join(
        f"{one.corruption} costs {100 * one.loss.value:.1f} points "
        f"({100 * one.loss.low:.1f} to {100 * one.loss.high:.1f})"
        for one in found
    )
    changes: dict[str, Any] = {one.name: one.value for one in found}
    with st.container(border=True):
        st.markdown(
            f":material/lightbulb: At medium strength, {costs}. Training on such images makes a model more robust: "
            f"train again with **{Augmentation(**changes).describe()}**, then check under “Compare” whether it "
            "helped."
        )
        if st.button("Train again with these changes", icon=":material/model_training:", key="train-robust"):
            links.train(**settings_form.form_of(run.config) | changes)
