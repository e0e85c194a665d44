"""The dataset select box, shared by the Data and Train pages."""

import streamlit as st

from imgcls import datasets
from imgcls.config import PARAMS
from imgcls.datasets import DatasetInfo
from imgcls.languages import gettext as _
from imgcls.ui.app.assignments import fixed_controls

HELP = next(param.help for param in PARAMS if param.name == "data")


def choose(*, is_compact: bool = False) -> DatasetInfo:
    """The select box; its choice is part of the URL (`?data=`, by title). `is_compact` hides the label, except from
    screen readers: for a selector beside the heading."""
    names = datasets.names()
    titles = {name: datasets.facts(name).title for name in names}
    name = st.selectbox(
        _("Dataset"),
        names,
        format_func=lambda name: titles.get(name, name),
        help=_(HELP),
        bind="query-params",
        **fixed_controls.keyed("data"),
        label_visibility="collapsed" if is_compact else "visible",
    )
    return datasets.facts(name)
