"""The trials that were chosen by dragging a box over a part of an axis; the figure and the table show only these."""

from collections.abc import Sequence

import streamlit as st

from imgcls.studies import Study


def chosen(study: Study) -> list[str]:
    """The IDs of their runs; none if all are shown."""
    return list(st.session_state.get(_key(study), ()))


def choose(study: Study, run_ids: Sequence[str]) -> None:
    """Shows only these of the trials that are shown, and draws the page again; nothing happens without IDs."""
    before = chosen(study)
    kept = [one for one in run_ids if one in before] if before else list(run_ids)
    if kept and kept != before:
        st.session_state[_key(study)] = kept
        st.rerun()


def say(study: Study, of: int) -> None:
    """While not all trials are shown, how many are, with a button that shows all."""
    if found := chosen(study):
        st.button(
            f"{len(found):,} of {of:,} trials",
            icon=":material/close:",
            key="show-all-trials",
            help="Show all trials",
            on_click=lambda: st.session_state.pop(_key(study), None),
        )


def _key(study: Study) -> str:
    return f"chosen-trials-{study.id}"
