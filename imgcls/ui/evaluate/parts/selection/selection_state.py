"""The selection of test images that matrix, table, map and gallery share.

It is stored in the URL only, so that reload, Back and a shared link show the same. Controls are set from the URL before
they are drawn, and their callbacks write changes back to it.
"""

import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.evaluation import selection
from imgcls.evaluation.metrics.classification import Report
from imgcls.evaluation.metrics.multilabel import LabelReport, Threshold
from imgcls.evaluation.predictions import Predictions, class_merging, log_odds, spread
from imgcls.evaluation.predictions.class_merging import ClassMerging
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection
from imgcls.inference.explain import neighbours
from imgcls.runs import Run
from imgcls.runs.annotations import tags
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.cache import predictions as cached
from imgcls.ui.widgets import threshold

NAMES = (*selection.NAMES, *class_merging.NAMES)
"""The URL parameters of the selection and of merged classes."""
OUTDATED, LATEST = "url-outdated", "url-latest"
IN_FLIGHT_SECONDS = 1.0
"""How long after a change of the URL an event may still arrive that was sent before it."""
OF_CLASSES = ("class", "cell", "area", "tag", *class_merging.NAMES)
"""The parameters that have no meaning for another run."""


class Key(NamedTuple):
    """Identifies a run's test predictions with merged classes (single-label) or at a threshold (multi-label).

    Hashable, so that what is computed from them can be cached.
    """

    run: Run
    stamp: tuple[float, ...]
    names: tuple[str, ...]
    merging: ClassMerging = ClassMerging()
    threshold: Threshold | None = None


@dataclass(frozen=True, eq=False)
class View:
    """The test predictions as the URL requests them.

    `predictions` have merged classes applied. `filtered` (n,) marks the images that the filters keep, `shown` (n,)
    those of them that are also in the selected cell of the matrix. `report` has the scores of the filtered images, or
    is None if there are none. `total` is the size of the test set.
    """

    key: Key
    predictions: Predictions | Decisions
    selection: Selection
    filtered: np.ndarray
    shown: np.ndarray
    report: Report | LabelReport | None
    total: int

    @property
    def run(self) -> Run:
        return self.key.run

    @property
    def merging(self) -> ClassMerging:
        return self.key.merging

    @property
    def names(self) -> tuple[str, ...]:
        """The classes after merging, or the labels."""
        return self.predictions.names

    @property
    def filters(self) -> Selection:
        return self.selection.narrowed


def key_of(run: Run, merging: ClassMerging = ClassMerging()) -> Key:  # noqa: B008 - frozen
    """The key of a run's test predictions, at the threshold chosen on the page if the run is multi-label."""
    stamp = (*cached.predictions_stamp(run), *run.stamp(tags.NAME, "inside.npz"))
    card = run.card
    return Key(run, stamp, card.classes, merging, threshold.chosen(card) if card.is_multilabel else None)


def current(run: Run) -> View:
    """What the URL requests."""
    catch_up()
    merging = ClassMerging()
    if not run.card.is_multilabel:
        merging = ClassMerging.parse(st.query_params, len(run.card.classes), has_groups=bool(groups_of(run)))
    key = key_of(run, merging)
    predictions = predictions_of(key)
    chosen = Selection.parse(st.query_params, len(predictions.names))
    filtered = kept(key, chosen.narrowed)
    total = len(cached.test_predictions(run).labels)
    return View(key, predictions, chosen, filtered, kept(key, chosen), report_of(key, chosen.narrowed), total)


def in_the_url() -> tuple[tuple[str, str], ...]:
    """The parameters of the selection that the URL has, with their values."""
    return tuple((name, st.query_params[name]) for name in NAMES if st.query_params.get(name))


def changed(selected: Selection, **parts: Any) -> Selection:
    """The filters of a selection with some of them changed; a chart ignores its own filter."""
    return replace(selected.narrowed, **parts)


def groups_of(run: Run) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    """The class groups that the run's dataset defines: their names, and the group of each class."""
    return _groups(run.card.data, run.card.classes)


@lru_cache(16)
def _groups(data: str, classes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    try:
        facts = datasets.facts(data)
    except UserError:
        return None  # The dataset was deleted; the run can be evaluated without it.
    return (facts.coarse, facts.coarse_of) if facts.coarse and facts.classes == classes else None


@lru_cache(8)
def predictions_of(key: Key) -> Predictions | Decisions:
    """The predictions that a key identifies."""
    found = cached.test_predictions(key.run)
    if key.threshold is not None:
        return Decisions(found, key.threshold)
    return found.after(key.merging, groups_of(key.run))


@lru_cache(32)
def kept(key: Key, selected: Selection) -> np.ndarray:
    """Which predictions a selection keeps, bool (n,)."""
    predictions = predictions_of(key)
    tagged = np.isin(predictions.indices, tags.read(key.run).get(selected.tag, ())) if selected.tag else None
    positions = positions_of(key)[0] if selected.area else None
    if isinstance(predictions, Decisions):
        return predictions.kept(selected, positions=positions, tagged=tagged)
    labels, predicted, confidence = predictions.labels, predictions.predicted, predictions.confidence
    return selection.mask(selected, labels, predicted, confidence, positions=positions, tagged=tagged)


@lru_cache(16)
def report_of(key: Key, selected: Selection) -> Report | LabelReport | None:
    """The scores of the images that the filters keep."""
    predictions = predictions_of(key)
    if not selected.narrows and key.merging == ClassMerging():
        return predictions.report
    if isinstance(predictions, Decisions):
        return predictions.report_of(kept(key, selected))
    return predictions.report_of(kept(key, selected), selected.classes)


@lru_cache(4)
def positions_of(key: Key) -> tuple[np.ndarray, str]:
    """The images' positions on the map (n, 2), NaN where unknown, and what the map was computed from."""
    predictions = predictions_of(key)
    total = len(cached.test_predictions(key.run).labels)
    features = _features(key.run, total)
    if features is None:
        return spread(log_odds(predictions.probabilities)), "the predicted probabilities"
    values, indices = features
    positions = np.full((total, 2), np.nan, np.float32)
    positions[indices] = spread(values)
    return positions[predictions.indices], f"the features of the last hidden layer, for {len(indices):,} test images"


def _features(run: Run, count: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Stored features of test images (m, d) and the images' indices (m,), if there are any."""
    try:
        stored = neighbours.held_out_features(run)
    except UserError:
        return None
    features, indices = stored.features, stored.indices
    fits = features.ndim == 2 and len(features) == len(indices) > 2 and features.shape[1]
    return (features, indices) if fits and indices.min() >= 0 and indices.max() < count else None


# ---- the URL


def put(**parts: str) -> None:
    """Writes parts of the selection into the URL; an empty string removes one. What an assignment fixes stays."""
    catch_up()
    before = _in_url()
    for name, text in parts.items():
        if fixed_controls.is_fixed(name):
            continue
        if text:
            st.query_params[name] = text
        else:
            st.query_params.pop(name, None)
    now = time.monotonic()
    outdated = [old for old in st.session_state.get(OUTDATED, ()) if now - old[0] < IN_FLIGHT_SECONDS]
    st.session_state[OUTDATED] = [*outdated, (now, before)]
    st.session_state[LATEST] = _in_url()


def catch_up() -> None:
    """Restores changes of the URL that an event undid because it was sent before them.

    Streamlit takes the URL from each event: of two quick clicks, the second would undo the first.
    """
    now, present = time.monotonic(), _in_url()
    outdated = [old for at, old in st.session_state.get(OUTDATED, ()) if now - at < IN_FLIGHT_SECONDS]
    if present not in outdated or present == (latest := st.session_state[LATEST]):
        return
    for name in present.keys() - latest.keys():
        st.query_params.pop(name, None)
    for name, text in latest.items():
        st.query_params[name] = text


def _in_url() -> dict[str, str]:
    return {name: text for name, text in st.query_params.to_dict().items() if name in NAMES}


def clear(*names: str) -> None:
    """Removes these parts from the URL; all of them if none is named."""
    put(**dict.fromkeys(names or NAMES, ""))


def clear_of_classes() -> None:
    """Removes the parameters that have no meaning for another run."""
    clear(*OF_CLASSES)


# ---- controls


def set_control(key: str, value: Any) -> None:
    """Sets a control that is about to be drawn to what the URL says."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def chosen(key: str) -> Any:
    """What was chosen in a control that always has a choice, or None.

    The browser mounts a control empty, before it applies the value of `set_control`. A refresh between the two, as the
    bar of a lesson sends, reports None as if it had been chosen.
    """
    return st.session_state.get(key)


def selection_default(widget: str, scope: tuple, value: Any) -> Any:
    """What a chart or table shows as selected when it is created: the present selection.

    After a click in it (see `clicked`) it keeps the selection it was created with, because the browser shows the click
    already: with another default it would be a new widget for Streamlit, which would be mounted again and flicker.
    """
    known = st.session_state.get(f"drawn-{widget}")
    if known is None or known[0] != scope or st.session_state.get(f"clicked-{widget}") != value:
        st.session_state[f"drawn-{widget}"] = known = (scope, value)
        clicked(widget, value)
    return known[1]


def clicked(widget: str, value: Any) -> None:
    """Notes what the user selected in a chart or table."""
    st.session_state[f"clicked-{widget}"] = value
