"""A network before training: its diagram, parameter count and layers, updated with every setting."""

import html
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import streamlit as st
from PIL import Image

from imgcls import datasets, languages, models
from imgcls.charts import network_diagram
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.languages import gettext as _
from imgcls.models import Row
from imgcls.ui.cache import predictions
from imgcls.ui.look import option_notes
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import gallery
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

OF_ALL = (
    *("Epoch", "Learning rate", "Parameter", "Validation set", "Test set", "Augmentation", "Optimiser", "Batch size"),
    *("Loss", "Cross-entropy", "Label smoothing", "Class weights", "Weight decay", "EMA", "Schedule", "One-cycle"),
    *("Early stopping", "Split", "Cross-validation", "Seed", "Precision", "bfloat16"),
)
OF_CONVOLUTIONS = ("Convolution", "Filter", "Pooling", "Batch normalisation", "ReLU", "Dropout", "Dense layer")
OF_MODELS = {"ann": ("Dense layer", "Unit", "ReLU", "Dropout")}
OF_TRANSFER = ("Transfer learning", "Backbone", "Feature", "Head", "Fine-tuning")

SAMPLES, SAMPLE_SIDE = 10, 64
"""How many training images the form shows, and the size in pixels that they are sent in."""


def choose() -> str:
    """The select box of the models, each with half a line about it in the list."""
    names = models.names()
    titles = {name: models.family(name).TITLE for name in names}
    notes = {at: _(models.in_short(name)) for at, name in enumerate(names) if models.in_short(name)}
    st.html(option_notes.rules(_("Model"), notes))
    return st.selectbox(
        _("Model"),
        names,
        index=names.index(Config.model),
        format_func=lambda name: titles.get(name, name),
        key="model",
        **settings_form.usable("model", settings_form.BY_NAME["model"].help),
        bind="query-params",
    )


def samples(info: DatasetInfo) -> None:
    """Ten training images in a row, of as many classes as there are: what the network learns from."""
    image = _an_image(info)
    images = "<i></i>" * SAMPLES if image is None else _samples(image, info.is_multilabel)
    label = html.escape(_("Training images"))
    st.html(f'<div class="samples" role="img" aria-label="{label}">{images}</div>')


@lru_cache(16)
def _samples(image: tuple[str, tuple], is_multilabel: bool) -> str:
    dataset = predictions.dataset(image[0])
    rows = list(range(min(SAMPLES, len(dataset.x_train))))
    if not is_multilabel:
        labels = np.asarray(dataset.y_train)
        found = [np.flatnonzero(labels == label)[:SAMPLES] for label in range(SAMPLES)]
        rows = [int(places[turn]) for turn in range(SAMPLES) for places in found if turn < len(places)][:SAMPLES]
    return "".join(f'<img src="{_small(np.asarray(dataset.x_train[row]))}" alt="">' for row in rows)


def _small(pixels: np.ndarray) -> str:
    """An image as a data URL that is no larger than it is shown."""
    shown = Image.fromarray(pixels.squeeze())
    shown.thumbnail((SAMPLE_SIDE, SAMPLE_SIDE), Image.Resampling.BOX)
    small = np.asarray(shown)
    return gallery.data_url(small.reshape(*small.shape[:2], -1), min_side=SAMPLE_SIDE)


def rows_of(config: Config, info: DatasetInfo) -> tuple[Row, ...]:
    """The layers that these settings would build."""
    settings = tuple(sorted(config.model_settings.items()))
    return predictions.layer_table(config.model, info.shape, info.num_classes, settings, info.is_multilabel)


def show(config: Config, info: DatasetInfo) -> None:
    """The parameter count and the diagram."""
    rows = rows_of(config, info)
    parameters = sum(row.parameters for row in rows)
    trainable = [row for row in rows if row.parameters]
    st.markdown("## " + _("{count} parameters").format(count=languages.number(parameters)))
    note = _("Parameters are the numbers that it learns, here in {trainable} of {all} layers.").format(
        trainable=len(trainable), all=len(rows)
    )
    if models.has_backbone(config.model):
        head = sum(row.parameters for row in rows if row.kind == "Dense")
        note = _("of which {count} in the head are trained first; the backbone is frozen.")
        note = note.format(count=languages.number(head))
    image = _an_image(info)
    shrinks = _("Above: a training image at each resolution.") if image else ""
    st.caption(" ".join([note, _("Input on the left."), shrinks]))
    st.html(_key(rows))
    st.plotly_chart(
        _diagram(rows, image),
        key="network",
        config=figure_download.savable("network"),
        alt=_("The network from left to right: {layers}.").format(layers=", ".join(row.kind for row in rows)),
    )


def _key(rows: tuple[Row, ...]) -> str:
    """The colours of the diagram."""
    groups = network_diagram.key(rows).items()
    items = "".join(f'<li><i style="background:{colour}"></i>{html.escape(name)}</li>' for name, colour in groups)
    return f'<ul class="diagram-key">{items}</ul>'


def details(config: Config, info: DatasetInfo) -> None:
    """The layer table, and an introduction to the model family."""
    with st.expander(_("Layer table"), key="layers", icon=":material/table_rows:", on_change="rerun") as section:
        if section.open:
            table(rows_of(config, info))
    with st.expander(_("How this model works"), key="how", icon=":material/school:", on_change="rerun") as section:
        if section.open:
            st.markdown(models.text(config.model))


def terms_of(model: str) -> tuple[str, ...]:
    """The terms that its form uses: those of the model first."""
    first = OF_TRANSFER if models.has_backbone(model) else OF_MODELS.get(model, OF_CONVOLUTIONS)
    return (*first, *OF_ALL)


def terms(model: str) -> None:
    """A closed section with the technical terms of the form, explained as in the glossary."""
    with st.expander(_("Terms on this page"), key="terms", icon=":material/dictionary:", on_change="rerun") as section:
        if section.open:
            from imgcls.ui.app.lessons import words  # reads the glossary

            words.show(terms_of(model))


def table(rows: tuple[Row, ...]) -> None:
    """One line a layer."""
    st.dataframe(
        {
            "Layer": [row.name for row in rows],
            "Kind": [row.kind for row in rows],
            "Output": ["×".join(map(str, row.shape)) for row in rows],
            "Parameters": [row.parameters for row in rows],
            "": [row.detail for row in rows],
        },
        hide_index=True,
        height=min(35 * (len(rows) + 1) + 3, 460),
        column_config={"Parameters": st.column_config.NumberColumn(format="localized")},
        alt="The layers of the network with their output shapes and parameter counts.",
    )


def _an_image(info: DatasetInfo) -> tuple[str, tuple] | None:
    """A name and a version of the dataset whose first training image flows through the diagram, if it is prepared."""
    return (info.name, datasets.dataset_stamp(info.name)) if datasets.is_ready(info.name) else None


@lru_cache(64)
def _diagram(rows: tuple[Row, ...], image: tuple[str, tuple] | None) -> StaticFigure:
    pixels = np.asarray(predictions.dataset(image[0]).x_train[0]) if image else None
    return static(network_diagram.network(rows, {} if pixels is None else dict(_shrinking(rows, pixels))))


def _shrinking(rows: tuple[Row, ...], pixels: np.ndarray) -> Iterator[tuple[int, str]]:
    """The image as sharp as it still is where a layer changes the resolution: number of the layer -> data URL."""
    before = None
    for number, row in enumerate(rows):
        if len(row.shape) != 3 or row.shape[:2] == before:
            continue
        before = height, width = row.shape[:2]
        small = Image.fromarray(pixels.squeeze()).resize((int(width or 1), int(height or 1)), Image.Resampling.BOX)
        shown = np.asarray(small)
        yield number, gallery.data_url(shown.reshape(*shown.shape[:2], -1), min_side=2 * network_diagram.IMAGE_SIDE)
