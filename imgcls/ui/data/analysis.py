"""The Explore section of the Data page: the analysis of a dataset. Only the chosen view is computed."""

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from imgcls import datasets, languages
from imgcls.charts import dataset_analysis
from imgcls.datasets import Dataset, Edits
from imgcls.datasets.analysis import cache
from imgcls.datasets.editing import image_lists
from imgcls.errors import DatasetError
from imgcls.languages import gettext as _
from imgcls.languages import ngettext
from imgcls.ui.app import links
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import analysis_map, duplicates, editing, list_files
from imgcls.ui.data.search import view as search_view
from imgcls.ui.widgets import formatting, gallery, pager
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

VIEWS = ("Mean images", "Brightness", "Duplicates", "Outliers", "Map", "Search", "Edits")
"""In links, so English in all languages."""
PER_PAGE = 30
IMBALANCED = 2.0
"""Ratio of the largest to the smallest class from which a notice appears."""
TICK_SECONDS = 0.5
MEAN_BYTES, FEWEST_FOR_MEAN = 40_000_000, 50
"""Mean images are computed while the page is drawn: of so many bytes of images together, but so many of each class."""
EXTREMES = ("Darkest", "Brightest", "Lowest contrast")


def show(dataset: Dataset) -> None:
    """The view selector and the chosen view."""
    purpose = _("Look for duplicates, outliers and label errors before you train. Some views take a few seconds.")
    st.header(_("Explore"), anchor=False, help=purpose)
    view = st.segmented_control(
        _("View"),
        VIEWS,
        default=VIEWS[0],  # which needs no analysis of all images, so that it is there at once
        required=True,  # a click on the open view would close it
        label_visibility="collapsed",
        bind="query-params",
        **fixed_controls.keyed("explore"),
    )
    if view in (None, VIEWS[0]):  # None if the link leaves it empty
        _means(dataset)
        return
    try:
        edits = datasets.edits_of(dataset)
    except DatasetError as error:
        st.error(plain(str(error)), icon=":material/error:")
        editing.undo_all_button(dataset)
        return
    if view == "Edits":
        editing.list_edits(dataset, edits)
    elif view == "Search":
        search_view.show(dataset)
    else:
        found = survey(dataset)
        if found is None:
            return
        if view == "Brightness":
            _brightness(dataset, edits, found)
        elif view == "Duplicates":
            duplicates.show(dataset, edits, found)
        elif view == "Outliers":
            _outliers(dataset, edits, found)
        else:
            analysis_map.show(dataset, edits, found)
    if view != "Edits":
        st.caption(
            _(
                "Edits are stored separately: no file is modified, and every edit can be undone. Test images cannot be "
                "edited, so that scores stay comparable with published results."
            )
        )


# ---- the results of the analysis


def survey(dataset: Dataset) -> dict[str, np.ndarray] | None:
    """The results for all images; None while there are none, with the progress or the reason of a failure."""
    state = cache.state("survey", dataset)
    if state.state == "ready":
        return _survey(dataset.facts.name, dataset.fingerprint, cache.stamp("survey", dataset))
    if state.state == "failed":
        st.warning(plain(f"The dataset could not be analysed. {state.text}"), icon=":material/warning:")
        st.button(_("Try again"), key="survey-again", icon=":material/refresh:", on_click=_restart, args=(dataset,))
        return None
    if state.state == "idle":
        cache.start("survey", dataset)  # takes only seconds, so it needs no button
    _show_progress(dataset)
    return None


@lru_cache(4)
def _survey(name: str, fingerprint: str, stamp: float) -> dict[str, np.ndarray]:
    return cache.results("survey", predictions.dataset(name))


def _restart(dataset: Dataset) -> None:
    cache.cancel("survey", dataset)


@st.fragment(run_every=TICK_SECONDS)
def _show_progress(dataset: Dataset) -> None:
    state = cache.state("survey", dataset)
    if state.state != "running":
        st.rerun()
    st.progress(state.fraction, text=plain(f"{state.text} …"))


# ---- classes


def imbalance(dataset: Dataset, counts: np.ndarray) -> None:
    """A notice about class imbalance with a remedy; nothing if the classes are balanced."""
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[most] < IMBALANCED * counts[least]:
        return
    names = dataset.facts.classes
    what = "labels" if dataset.facts.is_multilabel else "classes"
    with st.container(border=True):
        st.markdown(
            f":material/balance: **The {what} are imbalanced.** “{plain(names[most])}” has "
            f"{formatting.count(int(counts[most]), 'training image')}, “{plain(names[least])}” has {counts[least]:,}. "
            "A network learns frequent classes first, and accuracy hides errors on rare ones: check macro F1. Class "
            "weights make errors on rare classes count more."
        )
        if st.button("Train with class weights", icon=":material/model_training:", key="with-weights"):
            links.train(data=dataset.facts.name, class_weights=True)


# ---- mean images and brightness


def _means(dataset: Dataset) -> None:
    st.caption(
        _(
            "The training images of each class, laid on top of each other. Sharp: they are alike and centred. Blurred: "
            "they differ. If two classes look the same here, colour and position alone cannot separate them."
        )
    )
    with st.container(key="mean-images"):
        st.html(_mean_tiles(dataset.facts.name, dataset.fingerprint))


@lru_cache(16)
def _mean_tiles(name: str, fingerprint: str) -> str:
    dataset = predictions.dataset(name)
    most = max(FEWEST_FOR_MEAN, MEAN_BYTES // (dataset.facts.num_classes * int(np.prod(dataset.facts.shape))))
    tiles = []
    for label, title in enumerate(dataset.facts.classes):
        has = dataset.y_train[:, label] > 0 if dataset.facts.is_multilabel else dataset.y_train == label
        rows = np.flatnonzero(has)
        used = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
        blank = np.zeros(dataset.facts.shape, np.uint8)
        mean = dataset.x_train[used].mean(0, dtype=np.float32).round().astype(np.uint8) if len(used) else blank
        note = ngettext("mean of {count} image", "mean of {count} images", len(used))
        note = note.format(count=languages.number(len(used)))
        tiles.append(gallery.Tile(mean, _("mean image of {name}").format(name=title), (title, note)))
    return gallery.grid(tiles)


def _brightness(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    height, width, channels = dataset.facts.shape
    count = len(dataset.y_train)
    brightness, contrast = found["brightness"], found["contrast"]
    st.markdown(
        "Are some images too dark, too bright or without contrast? If the training and test images differ in this, "
        "expect their scores to differ as well."
    )
    st.caption(
        f"All images have **{height}×{width} pixels**, {'colour' if channels == 3 else 'greyscale'}. The mean "
        f"brightness is **{brightness[:count].mean():.0f}** in the training set and "
        f"**{brightness[count:].mean():.0f}** in the test set (0 is black, 255 is white). The mean contrast is "
        f"**{contrast[:count].mean():.0f}** and **{contrast[count:].mean():.0f}** (standard deviation of the "
        "pixel values of an image)."
    )
    stamp = cache.stamp("survey", dataset)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.plotly_chart(
            _brightness_figure(dataset.facts.name, dataset.fingerprint, stamp),
            key="brightness",
            config=figure_download.savable("brightness"),
            alt="Distribution of the brightness of training and test images.",
        )
    with right:
        st.dataframe(
            _brightness_table(dataset.facts.name, dataset.fingerprint, stamp),
            hide_index=True,
            height=300,
            alt="Mean brightness and contrast of the training images of each class.",
        )
    extreme = st.segmented_control(
        "Images shown", EXTREMES, default=EXTREMES[0], required=True, **fixed_controls.keyed("extreme")
    )
    values = {"Darkest": brightness, "Brightest": -brightness, "Lowest contrast": contrast}[extreme][:count]
    rows = np.argsort(values, kind="stable")[:20]
    name, shown = ("contrast", contrast) if extreme == "Lowest contrast" else ("brightness", brightness)
    notes = [[f"{name} {value:.1f}"] for value in shown[rows]]
    editing.images(dataset, edits, [[row] for row in rows], "brightness", notes)


@lru_cache(8)
def _brightness_figure(name: str, fingerprint: str, stamp: float) -> StaticFigure:
    count, brightness = len(predictions.dataset(name).y_train), _survey(name, fingerprint, stamp)["brightness"]
    return static(dataset_analysis.brightness({"training": brightness[:count], "test": brightness[count:]}))


@lru_cache(8)
def _brightness_table(name: str, fingerprint: str, stamp: float) -> pa.Table:
    dataset, found = predictions.dataset(name), _survey(name, fingerprint, stamp)
    labels, classes = np.asarray(dataset.y_train), range(dataset.facts.num_classes)

    def summed(values: np.ndarray) -> np.ndarray:
        if dataset.facts.is_multilabel:
            return np.array([values[labels[:, label] > 0].sum(dtype=np.float64) for label in classes])
        return np.bincount(labels, values, len(classes))

    count = np.maximum(dataset.facts.counted(labels), 1)
    columns = {
        title: (summed(found[key][: len(labels)]) / count).round(1)
        for title, key in (("Brightness", "brightness"), ("Contrast", "contrast"))
    }
    return pa.table({"Class": list(dataset.facts.classes), **columns})


# ---- outliers


def _outliers(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    names = dataset.facts.classes
    if dataset.facts.is_multilabel:
        st.caption("In a multi-label dataset, images are compared with the centre of all images.")
    st.caption(
        "The training images that look least like the others of their class. Unusual does not mean wrong: look for "
        "mislabelled or corrupt images, and keep rare but valid ones. The score is a robust z-score, above 3 is "
        "unusual: the distance to the class centre among 32 principal components, in median absolute deviations."
    )
    label = st.selectbox(
        "Class",
        [None, *range(len(names))],
        format_func=lambda label: "All classes" if label is None else names[label],
        key=f"outlier-class-{dataset.facts.name}",
        width=320,
    )
    rows, is_multilabel = found["unlike"], dataset.facts.is_multilabel
    labels = dataset.y_train[rows]
    has = np.ones(len(rows), bool) if label is None else labels[:, label] > 0 if is_multilabel else labels == label
    chosen = np.flatnonzero(has)
    if not len(chosen):
        st.info("None of the strongest outliers belongs to this class.", icon=":material/check_circle:")
        return
    shown = pager.page_of(chosen, PER_PAGE, f"outlier-page-{dataset.facts.name}-{label}")
    notes = []
    for place in shown:
        nearest = int(found["nearest"][place])
        other = "" if is_multilabel or nearest == labels[place] else f"\nnear {names[nearest]}"
        notes.append([f"score {found['unusual'][place]:.1f}{other}"])
    editing.images(dataset, edits, [[row] for row in rows[shown]], "outlier", notes)

    def listed() -> dict[str, Any]:
        more: dict[str, Any] = {"score": np.round(found["unusual"][chosen].astype(float), 3)}
        if not is_multilabel:
            more["nearest class"] = [names[nearest] for nearest in found["nearest"][chosen]]
        return image_lists.columns(dataset, edits, rows[chosen], more)

    with st.container(horizontal=True):
        list_files.downloads(dataset, "outliers", listed)
