"""The settings in which several runs differ, side by side."""

import pyarrow as pa
import streamlit as st

from imgcls.config import differences
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.ui.app.errors import plain


def show(selected: list[Run]) -> None:
    """One row per setting, one column per run; a run with unreadable settings is named below."""
    configs, names = [], []
    for run in selected:
        try:
            configs.append(run.config)
            names.append(run.label)
        except UserError as error:
            st.caption(f"{plain(run.label)}: {plain(str(error))}")
    table = differences(configs)
    if len(configs) > 1 and not table:
        st.caption("All settings are the same.")
    elif table:
        st.dataframe(
            pa.table(
                {"Setting": [name.replace("_", " ") for name in table]}
                | {
                    f"{number}. {name}": [str(values[number - 1]) for values in table.values()]
                    for number, name in enumerate(names, 1)
                }
            ),
            hide_index=True,
            alt="The settings in which the runs differ.",
        )
