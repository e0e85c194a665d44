"""The Explore part of the Data page: what is in a data set, seen as a whole. Only the chosen view costs anything."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls import datasets
from imgcls.charts import dataset_analysis
from imgcls.datasets import Dataset, Edits
from imgcls.datasets.analysis import cache
from imgcls.errors import DatasetError
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import analysis_map, duplicates, editing
from imgcls.ui.widgets import formatting, gallery, pager
from imgcls.ui.widgets.static_figure import Still, still

VIEWS = ("Classes", "Mean pictures", "Light", "Duplicates", "Odd ones", "Map", "Changes")
PER_PAGE = 30
UNEVEN = 2.0
"""A class with so many times the pictures of another one is worth a word."""
TICK_SECONDS = 0.5
EXTREMES = ("Darkest", "Lightest", "Flattest")


def show(dataset: Dataset) -> None:
    """The choice of a view, and that view."""
    st.subheader("Explore", anchor=False)
    view = st.segmented_control("View", VIEWS, key="explore", label_visibility="collapsed", bind="query-params")
    if not view:
        st.caption("Look for doubles, wrong labels and uneven classes before you train; it takes seconds.")
        return
    try:
        edits = datasets.edits_of(dataset)
    except DatasetError as error:
        st.error(plain(str(error)), icon=":material/error:")
        editing.all_back(dataset, "Take all changes back")
        return
    if view == "Classes":
        _classes(dataset, edits)
    elif view == "Changes":
        editing.changes(dataset, edits)
    else:
        found = survey(dataset)
        if found is None:
            return
        if view == "Mean pictures":
            _means(dataset)
        elif view == "Light":
            _light(dataset, edits, found)
        elif view == "Duplicates":
            duplicates.show(dataset, edits, found)
        elif view == "Odd ones":
            _odd_ones(dataset, edits, found)
        else:
            analysis_map.show(dataset, edits, found)
    if view not in ("Mean pictures", "Changes"):
        st.caption(
            "Changes are a list beside the data set: no file is touched, and all can be taken back. Test pictures stay "
            "as they are, as a score on others would compare with nobody's."
        )


# ---- what a process of its own has found


def survey(dataset: Dataset) -> dict[str, np.ndarray] | None:
    """What was found about all pictures; None, with its progress or why it failed, while there is nothing."""
    seen = cache.state("survey", dataset)
    if seen.state == "ready":
        return _survey(dataset.facts.name, dataset.fingerprint, cache.stamp("survey", dataset))
    if seen.state == "failed":
        st.warning(plain(f"The pictures were not looked through. {seen.text}"), icon=":material/warning:")
        st.button("Try again", key="survey-again", icon=":material/refresh:", on_click=_again, args=(dataset,))
        return None
    if seen.state == "idle":
        cache.start("survey", dataset)  # done in seconds: nobody needs to be asked
    _watch(dataset)
    return None


@lru_cache(4)
def _survey(name: str, fingerprint: str, stamp: float) -> dict[str, np.ndarray]:
    return cache.results("survey", predictions.dataset(name))


def _again(dataset: Dataset) -> None:
    cache.cancel("survey", dataset)


@st.fragment(run_every=TICK_SECONDS)
def _watch(dataset: Dataset) -> None:
    seen = cache.state("survey", dataset)
    if seen.state != "running":
        st.rerun()
    st.progress(seen.fraction, text=plain(f"{seen.text} ..."))


# ---- classes


def imbalance(dataset: Dataset, counts: np.ndarray) -> None:
    """A word on classes of which there are few, and the switch that helps; nothing where they are even."""
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[most] < UNEVEN * counts[least]:
        return
    names = dataset.facts.classes
    what = "labels" if dataset.facts.is_multilabel else "classes"
    with st.container(border=True):
        st.markdown(
            f":material/balance: **The {what} are uneven.** “{plain(names[most])}” has "
            f"{formatting.count(int(counts[most]), 'training picture')}, “{plain(names[least])}” {counts[least]:,}. A "
            "network learns the frequent ones first, and accuracy hides what it does to the rare ones: look at macro "
            "F1. Class weights make mistakes on rare classes count more."
        )
        if st.button("Train with class weights", icon=":material/model_training:", key="with-weights"):
            links.train(data=dataset.facts.name, class_weights=True)


def _classes(dataset: Dataset, edits: Edits) -> None:
    names = dataset.facts.classes
    labels = edits.applied(dataset.y_train)
    counts, tested = dataset.facts.counted(labels), dataset.facts.counted(dataset.y_test)
    label = st.selectbox(
        "Label" if dataset.facts.is_multilabel else "Class",
        range(len(names)),
        format_func=lambda label: f"{names[label]} ({counts[label]:,} to train, {tested[label]:,} to test)",
        key=f"class-{dataset.facts.name}",
        width=420,
    )
    members = np.flatnonzero(labels[:, label] > 0 if dataset.facts.is_multilabel else labels == label)
    if not len(members):
        st.info("No training picture has this class.", icon=":material/search_off:")
        return
    shown = pager.page_of(members, PER_PAGE, f"class-page-{dataset.facts.name}-{label}")
    editing.images(dataset, edits, [[row] for row in shown], "class")


# ---- what all pictures have in common


def _means(dataset: Dataset) -> None:
    st.caption(
        "The mean training picture of each class. Where it is sharp, the pictures of a class are alike and centred; "
        "where two classes have nearly the same, colour and place alone will not tell them apart."
    )
    st.html(_mean_tiles(dataset.facts.name, dataset.fingerprint, cache.stamp("survey", dataset)))


@lru_cache(16)
def _mean_tiles(name: str, fingerprint: str, stamp: float) -> str:
    dataset = predictions.dataset(name)
    counts = dataset.facts.counted(dataset.y_train)
    means = _survey(name, fingerprint, stamp)["means"]
    return gallery.grid(
        gallery.Tile(mean, f"mean picture of {label}", (label, f"of {formatting.count(int(count), 'picture')}"))
        for mean, label, count in zip(means, dataset.facts.classes, counts, strict=True)
    )


def _light(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    height, width, channels = dataset.facts.shape
    count = len(dataset.y_train)
    light, contrast = found["brightness"], found["contrast"]
    st.markdown(
        f"All pictures have **{height} x {width} pixels**, {'in colour' if channels == 3 else 'grey'}. Their mean grey "
        f"level is **{light[:count].mean():.0f}** in training and **{light[count:].mean():.0f}** in the test (0 is "
        f"black, 255 white), their contrast **{contrast[:count].mean():.0f}** and "
        f"**{contrast[count:].mean():.0f}** (deviation of the values of a picture). "
        "Where training and test differ, so will the scores."
    )
    stamp = cache.stamp("survey", dataset)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            _light_figure(dataset.facts.name, dataset.fingerprint, stamp),
            key="light",
            config={"displayModeBar": False},
            alt="Shares of training and test pictures over their mean grey level.",
        )
    with right:
        st.dataframe(
            _light_table(dataset.facts.name, dataset.fingerprint, stamp),
            hide_index=True,
            height=300,
            alt="Mean grey level and contrast of the training pictures of each class.",
        )
    extreme = st.segmented_control("Pictures", EXTREMES, default=EXTREMES[0], required=True, key="extreme")
    values = {"Darkest": light, "Lightest": -light, "Flattest": contrast}[extreme][:count]
    rows = np.argsort(values, kind="stable")[:20]
    told = (contrast if extreme == "Flattest" else light)[rows]
    editing.images(dataset, edits, [[row] for row in rows], "light", [[f"{value:.1f}"] for value in told])


@lru_cache(8)
def _light_figure(name: str, fingerprint: str, stamp: float) -> Still:
    count, light = len(predictions.dataset(name).y_train), _survey(name, fingerprint, stamp)["brightness"]
    return still(dataset_analysis.brightness({"training": light[:count], "test": light[count:]}))


@lru_cache(8)
def _light_table(name: str, fingerprint: str, stamp: float) -> pa.Table:
    dataset, found = predictions.dataset(name), _survey(name, fingerprint, stamp)
    labels, classes = np.asarray(dataset.y_train), range(dataset.facts.num_classes)

    def summed(values: np.ndarray) -> np.ndarray:
        if dataset.facts.is_multilabel:
            return np.array([values[labels[:, label] > 0].sum(dtype=np.float64) for label in classes])
        return np.bincount(labels, values, len(classes))

    count = np.maximum(dataset.facts.counted(labels), 1)
    columns = {
        title: (summed(found[key][: len(labels)]) / count).round(1)
        for title, key in (("Grey level", "brightness"), ("Contrast", "contrast"))
    }
    return pa.table({"Class": list(dataset.facts.classes), **columns})


# ---- pictures unlike their class


def _odd_ones(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    names = dataset.facts.classes
    if dataset.facts.is_multilabel:
        st.caption("As a picture may have several labels, it is held against the middle of all pictures here.")
    st.caption(
        "Training pictures that lie farthest from the middle of their class, among 32 principal components of small "
        "copies. The number tells by how many robust deviations a picture lies farther out than its class usually "
        "does: from 3 on it is unusual. Odd is not wrong: look for false labels and broken pictures, and keep the "
        "rare ones."
    )
    label = st.selectbox(
        "Class",
        [None, *range(len(names))],
        format_func=lambda label: "All classes" if label is None else names[label],
        key=f"odd-class-{dataset.facts.name}",
        width=320,
    )
    rows, is_multilabel = found["unlike"], dataset.facts.is_multilabel
    labels = dataset.y_train[rows]
    has = np.ones(len(rows), bool) if label is None else labels[:, label] > 0 if is_multilabel else labels == label
    chosen = np.flatnonzero(has)
    if not len(chosen):
        st.info("None of the oddest pictures belongs to this class.", icon=":material/check_circle:")
        return
    shown = pager.page_of(chosen, PER_PAGE, f"odd-page-{dataset.facts.name}-{label}")
    notes = []
    for place in shown:
        nearest = int(found["nearest"][place])
        other = "" if is_multilabel or nearest == labels[place] else f"\nlike {names[nearest]}"
        notes.append([f"{found['unusual'][place]:.1f}{other}"])
    editing.images(dataset, edits, [[row] for row in rows[shown]], "odd", notes)
