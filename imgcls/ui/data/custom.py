"""A custom dataset on the Data page: rename and describe it, add images, delete it."""

import time

import streamlit as st

from imgcls import datasets
from imgcls.datasets import CustomDataset
from imgcls.datasets.importing import job
from imgcls.errors import DatasetError
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain

FITS = {"crop": "centre crop", "pad": "margins added"}


def show(name: str) -> None:
    """One line of facts, then the buttons."""
    own = datasets.custom_dataset(name)
    made = time.strftime("%Y-%m-%d", time.localtime(own.created))
    held = " 20% is held out as the test set." if own.held_back else ""
    size = f"{own.num_bytes / 1e6:,.1f} MB" if own.num_bytes > 1e5 else f"{own.num_bytes / 1e3:,.0f} kB"
    st.caption(f"Imported on {made}, {size} on disk, {FITS[own.fit]}.{held}")
    with st.container(horizontal=True):
        if st.button("Add images", icon=":material/add_photo_alternate:", key="add-images"):
            st.query_params.from_dict({"new": job.new_id(), "into": name})
            st.rerun()
        if st.button("Name and note", icon=":material/edit:", key="describe"):
            _describe(own)
        if st.button("Delete", icon=":material/delete:", key="delete-own"):
            _delete(own)
    if own.skipped or own.notes:
        with st.expander("Import details", icon=":material/info:", key="made", on_change="rerun") as section:
            if section.open:
                for note in own.notes:
                    st.caption(plain(note))
                for reason, count, first in own.skipped:
                    st.caption(f"Skipped: **{count:,}** {plain(reason)} ({plain(', '.join(first))})")


@st.dialog("Name and note")
def _describe(own: CustomDataset) -> None:
    with st.form("describe-own", border=False):
        st.text_input("Name", own.title, max_chars=datasets.TITLE_LENGTH, key="own-title")
        st.text_area(
            "Note", own.note, max_chars=datasets.NOTE_LENGTH, key="own-note", help="Where the images come from."
        )
        pressed = st.form_submit_button("Save", type="primary", on_click=_save, args=(own.name,))
    error = st.session_state.pop("not-saved", "")
    if error:
        st.error(plain(error), icon=":material/error:")
    elif pressed:
        st.rerun()


def _save(name: str) -> None:
    """A callback: the dataset selector must know the new name before it is drawn."""
    try:
        datasets.describe_custom(name, st.session_state["own-title"], st.session_state["own-note"])
        st.session_state["data"] = name
    except DatasetError as error:
        st.session_state["not-saved"] = str(error)


@st.dialog("Delete this dataset?")
def _delete(own: CustomDataset) -> None:
    st.markdown(
        f"**{plain(own.title)}** and its {sum(own.counts):,} images will be permanently deleted from disk. Runs "
        "trained on it keep their models and results."
    )
    typed = st.text_input("Type its name to confirm", key="confirm-delete")
    matches = " ".join(typed.split()) == own.title
    if st.button("Delete", type="primary", icon=":material/delete:", key="really-delete"):
        if not matches:
            st.warning(f"Type “{plain(own.title)}” exactly as shown.", icon=":material/edit:")
            return
        with errors.shown():
            datasets.delete_custom(own.name)
            st.rerun()
