"""A custom dataset on the Data page: rename and describe it, add images, delete it."""

import time

import streamlit as st

from imgcls import datasets
from imgcls.datasets import CustomDataset
from imgcls.datasets.importing.execution import job
from imgcls.errors import DatasetError
from imgcls.sharing import Action
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.data import dataset_select
from imgcls.ui.data.importing import preview as preview_panel
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import sharing_choice

FITS = {"crop": "centre crop", "pad": "margins added"}


def show(name: str) -> None:
    """One line of facts, then the buttons."""
    dataset = datasets.custom_dataset(name)
    made = time.strftime("%Y-%m-%d", time.localtime(dataset.created))
    held = f" {100 * dataset.test_fraction:g}% is held out as the test set." if dataset.held_back else ""
    size = f"{dataset.num_bytes / 1e6:,.1f} MB" if dataset.num_bytes > 1e5 else f"{dataset.num_bytes / 1e3:,.0f} kB"
    st.caption(f"Imported on {made}, {size} on disk, {FITS[dataset.fit]}.{held}")
    folder = datasets.custom.folder_of(name)
    with st.container(horizontal=True):
        may_add = rights.button(Action.ADD_IMAGES, folder)
        if st.button("Add images", icon=":material/add_photo_alternate:", key="add-images", **may_add):
            st.query_params.from_dict({"new": job.new_id(), "into": name})
            st.rerun()
        may_describe = rights.button(Action.DESCRIBE_DATASET, folder)
        if st.button("Name and note", icon=":material/edit:", key="describe", **may_describe):
            _describe(dataset)
        may_delete = rights.button(Action.DELETE_DATASET, folder)
        if st.button("Delete", icon=":material/delete:", key="delete-own", **may_delete):
            _delete(dataset)
    sharing_choice.show(Action.SHARE_DATASET, folder)
    if dataset.skipped or dataset.notes:
        with st.expander("Import details", icon=":material/info:", key="made", on_change="rerun") as section:
            if section.open:
                for note in dataset.notes:
                    st.caption(plain(note))
                for reason, count, first in dataset.skipped:
                    st.caption(f"Skipped: **{count:,}** {plain(reason)} ({plain(', '.join(first))})")
                path = datasets.skipped_file(dataset.name) if dataset.skipped else None
                preview_panel.skipped_download(path.read_bytes() if path else None)


@st.dialog("Name and note")
def _describe(dataset: CustomDataset) -> None:
    with st.form("describe-own", border=False):
        st.text_input("Name", dataset.title, max_chars=datasets.TITLE_LENGTH, key="own-title")
        st.text_area(
            "Note", dataset.note, max_chars=datasets.NOTE_LENGTH, key="own-note", help="Where the images come from."
        )
        pressed = st.form_submit_button("Save", type="primary", on_click=_save, args=(dataset.name,))
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
def _delete(dataset: CustomDataset) -> None:
    st.markdown(
        f"**{plain(dataset.title)}** and its {sum(dataset.counts):,} images will be permanently deleted from disk. "
        "Runs trained on it keep their models and results."
    )
    typed = st.text_input("Type its name to confirm", key="confirm-delete")
    matches = " ".join(typed.split()) == dataset.title
    if st.button("Delete", type="primary", icon=":material/delete:", key="really-delete"):
        if not matches:
            st.warning(f"Type “{plain(dataset.title)}” exactly as shown.", icon=":material/edit:")
            return
        with errors.shown():
            datasets.delete_custom(dataset.name)
            dataset_select.forget()
            st.rerun()
