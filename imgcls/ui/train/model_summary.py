"""A network before training: its diagram, parameter count and layers, updated with every setting."""

from functools import lru_cache

import streamlit as st

from imgcls import models
from imgcls.charts import network_diagram
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.models import Row
from imgcls.ui.cache import predictions
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static


def rows_of(config: Config, info: DatasetInfo) -> tuple[Row, ...]:
    """The layers that these settings would build."""
    settings = tuple(sorted(config.model_settings.items()))
    return predictions.layer_table(config.model, info.shape, info.num_classes, settings, info.is_multilabel)


def show(config: Config, info: DatasetInfo) -> None:
    """The parameter count and the diagram."""
    rows = rows_of(config, info)
    parameters = sum(row.parameters for row in rows)
    trainable = [row for row in rows if row.parameters]
    st.markdown(f"### {parameters:,} parameters")
    note = f"in {len(trainable)} of {len(rows)} layers."
    if models.has_backbone(config.model):
        head = sum(row.parameters for row in rows if row.kind == "Dense")
        note = f"of which {head:,} in the head are trained first; the backbone is frozen."
    st.caption(f"{note} Input on the left.")
    st.plotly_chart(
        _diagram(rows),
        key="network",
        config=figure_download.savable("network"),
        alt=f"The network from left to right: {', '.join(row.kind for row in rows)}.",
    )


def details(config: Config, info: DatasetInfo) -> None:
    """The layer table, and an introduction to the model family."""
    with st.expander("Layer table", key="layers", icon=":material/table_rows:", on_change="rerun") as section:
        if section.open:
            table(rows_of(config, info))
    with st.expander("How this model works", key="how", icon=":material/school:", on_change="rerun") as section:
        if section.open:
            st.markdown(models.text(config.model))


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
        height=min(36 * (len(rows) + 1), 460),
        column_config={"Parameters": st.column_config.NumberColumn(format="localized")},
        alt="The layers of the network with their output shapes and parameter counts.",
    )


@lru_cache(64)
def _diagram(rows: tuple[Row, ...]) -> StaticFigure:
    return static(network_diagram.network(rows))
