"""A network before it is trained: its drawing, its size and its layers, redrawn with every turn of a control."""

from functools import lru_cache

import streamlit as st

from imgcls import models
from imgcls.charts import network_diagram
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.models import Row
from imgcls.ui.cache import predictions
from imgcls.ui.widgets.static_figure import Still, still


def rows_of(config: Config, facts: DatasetInfo) -> tuple[Row, ...]:
    """The layers that these settings would build."""
    settings = tuple(sorted(config.model_settings.items()))
    return predictions.layer_table(config.model, facts.shape, facts.num_classes, settings, facts.is_multilabel)


def show(config: Config, facts: DatasetInfo) -> None:
    """Parameter count, drawing and layer table."""
    rows = rows_of(config, facts)
    parameters = sum(row.parameters for row in rows)
    learning = [row for row in rows if row.parameters]
    st.markdown(f"### {parameters:,} parameters")
    told = f"in {len(learning)} layers that learn, of {len(rows)}."
    if models.has_backbone(config.model):
        told = (
            f"of which {sum(row.parameters for row in rows if row.kind == 'Dense'):,} learn first; the base is frozen."
        )
    st.caption(f"{told} The picture enters at the left.")
    st.plotly_chart(
        _drawing(rows),
        key="network",
        config={"displayModeBar": False},
        alt=f"The network from left to right: {', '.join(row.kind for row in rows)}.",
    )


def details(config: Config, facts: DatasetInfo) -> None:
    """The layer table, and the text about the family for learners."""
    with st.expander("Layer table", key="layers", icon=":material/table_rows:", on_change="rerun") as section:
        if section.open:
            table(rows_of(config, facts))
    with st.expander("How this model works", key="how", icon=":material/school:", on_change="rerun") as section:
        if section.open:
            st.markdown(models.text(config.model))


def table(rows: tuple[Row, ...]) -> None:
    """One line a layer."""
    st.dataframe(
        {
            "Layer": [row.name for row in rows],
            "Kind": [row.kind for row in rows],
            "Output": [" x ".join(map(str, row.shape)) for row in rows],
            "Parameters": [row.parameters for row in rows],
            "": [row.detail for row in rows],
        },
        hide_index=True,
        height=min(36 * (len(rows) + 1), 460),
        column_config={"Parameters": st.column_config.NumberColumn(format="localized")},
        alt="The layers of the network with their output shapes and parameter counts.",
    )


@lru_cache(64)
def _drawing(rows: tuple[Row, ...]) -> Still:
    return still(network_diagram.network(rows))
