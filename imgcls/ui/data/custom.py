"""What can be done with somebody's own data set: name and note, more pictures, delete."""

import time

import streamlit as st

from imgcls import datasets
from imgcls.datasets import CustomDataset
from imgcls.datasets.importing import job
from imgcls.errors import DatasetError
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain

FITS = {"crop": "the middle cut out", "pad": "margins added"}


def show(name: str) -> None:
    """One line of facts, then the buttons."""
    own = datasets.custom_dataset(name)
    made = time.strftime("%Y-%m-%d", time.localtime(own.created))
    held = " A fifth was held back for the test." if own.held_back else ""
    size = f"{own.num_bytes / 1e6:,.1f} MB" if own.num_bytes > 1e5 else f"{own.num_bytes / 1e3:,.0f} kB"
    st.caption(f"Imported on {made}, {size} on the disk, {FITS[own.fit]}.{held}")
    with st.container(horizontal=True):
        if st.button("Add pictures", icon=":material/add_photo_alternate:", key="add-pictures"):
            st.query_params.from_dict({"new": job.new_id(), "into": name})
            st.rerun()
        if st.button("Name and note", icon=":material/edit:", key="describe"):
            _describe(own)
        if st.button("Delete", icon=":material/delete:", key="delete-own"):
            _delete(own)
    if own.skipped or own.notes:
        with st.expander("How it was made", icon=":material/info:", key="made", on_change="rerun") as section:
            if section.open:
                for note in own.notes:
                    st.caption(plain(note))
                for reason, count, first in own.skipped:
                    st.caption(f"Left out: **{count:,}** {plain(reason)} ({plain(', '.join(first))})")


@st.dialog("Name and note")
def _describe(own: CustomDataset) -> None:
    with st.form("describe-own", border=False):
        st.text_input("Name", own.title, max_chars=datasets.TITLE_LENGTH, key="own-title")
        st.text_area(
            "Note", own.note, max_chars=datasets.NOTE_LENGTH, key="own-note", help="Where the pictures are from."
        )
        pressed = st.form_submit_button("Save", type="primary", on_click=_save, args=(own.name,))
    refused = st.session_state.pop("not-saved", "")
    if refused:
        st.error(plain(refused), icon=":material/error:")
    elif pressed:
        st.rerun()


def _save(name: str) -> None:
    """A callback: the box that names the data set must be told of the new name before it is drawn."""
    try:
        datasets.describe_custom(name, st.session_state["own-title"], st.session_state["own-note"])
        st.session_state["data"] = name
    except DatasetError as error:
        st.session_state["not-saved"] = str(error)


@st.dialog("Delete for good?")
def _delete(own: CustomDataset) -> None:
    st.markdown(
        f"**{plain(own.title)}** and its {sum(own.counts):,} pictures are deleted from the disk. Runs that were "
        "trained on it keep their models and results."
    )
    typed = st.text_input("Type its name to confirm", key="confirm-delete")
    right = " ".join(typed.split()) == own.title
    if st.button("Delete", type="primary", icon=":material/delete:", key="really-delete"):
        if not right:
            st.warning(f"Type “{plain(own.title)}” as it stands here.", icon=":material/edit:")
            return
        with errors.shown():
            datasets.delete_custom(own.name)
            st.rerun()
