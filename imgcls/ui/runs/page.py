"""The queue and the table of all runs, or what to do if there are none."""

import streamlit as st

from imgcls import runs, sharing
from imgcls.runs.index import Query, looked_at_once, search
from imgcls.ui.runs import import_model, queue, seeds, table
from imgcls.ui.runs.table_parts import deleting
from imgcls.ui.widgets import empty_state


def show() -> None:
    """The whole page below its title."""
    deleting.notice()
    with looked_at_once():
        _show_runs()
    import_model.show()
    deleting.undo()


def _show_runs() -> None:
    if runs.all_runs() if sharing.is_shared() else search(Query(archived=True, limit=0)).everything:
        # In containers, because how many elements they have changes with the queue and the selection.
        with st.container():
            queue.show()
        with st.container():
            shown = table.show()
        with st.container():
            seeds.show(shown)
        return
    empty_state.show(
        "No runs yet",
        "A run is a trained model with its settings and all its results. Your first one takes about a minute.",
    )
