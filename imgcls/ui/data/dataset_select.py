"""The dataset select box, shared by the Data and Train pages."""

import streamlit as st

from imgcls import datasets
from imgcls.config import PARAMS
from imgcls.datasets import DatasetInfo

HELP = next(param.help for param in PARAMS if param.name == "data")


def choose() -> DatasetInfo:
    """The select box; its choice is part of the URL (`?data=`, by title)."""
    names = datasets.names()
    titles = {name: datasets.facts(name).title for name in names}
    name = st.selectbox(
        "Dataset",
        names,
        format_func=lambda name: titles.get(name, name),
        key="data",
        help=HELP,
        bind="query-params",
    )
    return datasets.facts(name)
