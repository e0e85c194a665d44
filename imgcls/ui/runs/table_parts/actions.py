"""What can be done with the runs that are selected in the table."""

from collections.abc import Callable

import streamlit as st

from imgcls import runs
from imgcls.runs import Run
from imgcls.runs.annotations import notes
from imgcls.sharing import Action
from imgcls.ui.app import errors, links
from imgcls.ui.evaluate import links as evaluate_links
from imgcls.ui.runs.table_parts import archiving, deleting, tagging
from imgcls.ui.visitors import rights


def show(
    selected: list[Run],
    hidden: int,
    clear: Callable[[], None],
    compare_settings: Callable[[], None] | None = None,
) -> None:
    """The buttons below the table: for one run, for two, and for all that are selected. None comes or goes with the
    selection, so that none moves under the pointer.

    `hidden`: how many runs are selected, too, but not in sight; no button does anything to them, and `clear`, a
    callback, selects nothing. `compare_settings`: if the runs are two settings with several seeds each.
    """
    one = selected[0] if len(selected) == 1 else None
    both = selected if len(selected) == 2 and all(run.is_tested for run in selected) else None
    if hidden:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-hidden"):
            text = f"{len(selected) + hidden:,} selected, {hidden:,} not shown. The buttons act on those shown."
            st.caption(text, width="content")
            st.button("Clear", icon=":material/close:", key="runs-clear", type="tertiary", on_click=clear)
    with st.container(horizontal=True, vertical_alignment="center", key="runs-actions"):
        of_all = f"of {len(selected) + hidden:,}" if hidden else "selected"
        st.markdown(f"{len(selected):,} {of_all}", width=86)
        if st.button("Open", icon=":material/open_in_new:", disabled=one is None) and one:
            links.go("train.py", run=one.id)
        evaluate_disabled = one is None or not one.is_tested
        if st.button("Evaluate", icon=":material/fact_check:", disabled=evaluate_disabled) and one:
            links.go("evaluate.py", run=one.id)
        is_compared = st.button(
            "Which is better?",
            icon=":material/balance:",
            disabled=both is None and compare_settings is None,
            help="Compares the predictions of two tested runs image by image, or two settings over all their seeds: "
            "select the runs of both, at least two seeds each.",
        )
        if is_compared and both:
            links.go("evaluate.py", run=both[1].id, view="Compare", other=both[0].id)
        elif is_compared and compare_settings:
            compare_settings()
        if st.button("Try it", icon=":material/draw:", disabled=one is None or not one.is_ready) and one:
            links.go("predict.py", run=one.id)
        if st.button("Export", icon=":material/output:", disabled=evaluate_disabled) and one:
            links.go("evaluate.py", run=one.id, view=evaluate_links.EXPORT)
        manage(selected)


def of_run(run: Run) -> None:
    """What the page of a run has of this: the buttons that change it, and the way back from the archive."""
    with st.container(horizontal=True, key="run-manage"):
        manage([run], is_own_page=True)
    archiving.notice(are_shown=True)


def manage(selected: list[Run], *, is_own_page: bool = False) -> None:
    """The buttons that change the selected runs; the page of a run has them, too."""
    one = selected[0] if len(selected) == 1 else None
    may_rename = rights.button(Action.RENAME_RUN, one.folder if one else None, disabled=one is None)
    if st.button("Rename", icon=":material/edit:", **may_rename) and one:
        _rename(one)
    may_delete = rights.of_all(Action.DELETE_RUN, [run.folder for run in selected])
    is_disabled = not selected or not may_delete.allowed
    if st.button("Delete", icon=":material/delete:", disabled=is_disabled, help=may_delete.reason or None):
        deleting.ask(selected, leads_to_runs=is_own_page)
    _annotate(selected)


def _annotate(selected: list[Run]) -> None:
    """Tags and the archive, for all selected runs."""
    may = rights.of_all(Action.RENAME_RUN, [run.folder for run in selected])
    is_disabled = not selected or not may.allowed
    if st.button("Tag", icon=":material/sell:", disabled=is_disabled, help=may.reason or None, key="runs-tags"):
        tagging.ask(selected)
    are_archived = bool(selected) and all(notes.read(run).archived for run in selected)
    st.button(
        "Unarchive" if are_archived else "Archive",
        icon=":material/unarchive:" if are_archived else ":material/archive:",
        disabled=is_disabled,
        help=may.reason or "Hides the runs from this table. Nothing else changes; “View” shows them again.",
        on_click=lambda: archiving.change(selected, archived=not are_archived),
    )


@st.dialog("Rename the run")
def _rename(run: Run) -> None:
    with st.form("rename", border=False):
        label = st.text_input("Name", run.label, max_chars=runs.LABEL_LENGTH)
        if st.form_submit_button("Rename", type="primary"):
            with errors.shown():
                run.rename(label)
                st.rerun()
