"""Add images one by one, class by class: uploaded, or taken with the webcam."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from imgcls.datasets.importing import ImportRequest
from imgcls.datasets.importing.class_names import sort_key
from imgcls.datasets.importing.execution import job
from imgcls.datasets.importing.pixels import decode
from imgcls.datasets.importing.sources import items, single_images
from imgcls.errors import UserError
from imgcls.images.files import checks
from imgcls.ui.app.errors import plain
from imgcls.ui.data.importing import preview as preview_panel
from imgcls.ui.widgets import gallery, upload

LATEST = 6  # images of the current class that are shown
NAME = "your images"
THUMBNAIL = 112


def show(import_id: str, *, webcam: bool) -> None:
    """The class to add images to on the left, the images so far on the right."""
    folder = job.make_folder(import_id)
    left, right = st.columns([3, 4], gap="large")
    with left:
        label = st.text_input(
            "Class",
            key=f"class-{import_id}",
            max_chars=100,
            placeholder="e.g. oak",
            help="The class of the images you add next. Change it to add images to another class.",
        )
        if not label.strip():
            st.caption("Enter a class name, add its images, then continue with the next class.")
        elif webcam:
            _webcam(import_id, folder, label)
        else:
            _upload(import_id, folder, label)
    with right:
        _added(import_id, folder, label)


def _webcam(import_id: str, folder, label: str) -> None:
    """Each photo is added immediately, and the camera is ready for the next one."""
    number = st.session_state.setdefault("shots", 0)
    shot = st.camera_input(f"Photos of “{plain(label)}”", key=f"shot-{import_id}-{number}", resolution="480p")
    st.caption(
        "Take many photos, each slightly different: near and far, from the left and the right, in different light."
    )
    if shot is not None:
        single_images.add(folder, label, shot.getvalue(), f"photo {number + 1}")
        upload.forget([shot], f"shot-{import_id}-{number}")
        st.session_state["shots"] = number + 1
        st.rerun()


def _upload(import_id: str, folder, label: str) -> None:
    number = st.session_state.setdefault("drops", 0)
    files = st.file_uploader(
        f"Images of “{plain(label)}”",
        type=checks.EXTENSIONS,
        accept_multiple_files=True,
        key=f"drop-{import_id}-{number}",
    )
    for message in st.session_state.pop("rejected-images", ()):
        st.warning(plain(message), icon=":material/broken_image:")
    if not files:
        return
    rejected = []
    with st.spinner("Adding images …"):
        for file in files:
            try:
                single_images.add(folder, label, file.getvalue(), file.name)
            except UserError as error:
                rejected.append(str(error))
    upload.forget(files, f"drop-{import_id}-{number}")
    # A new uploader, because the old one would add its files again on the next rerun.
    st.session_state["drops"] = number + 1
    st.session_state["rejected-images"] = rejected[:5] + (
        [f"And {len(rejected) - 5} more."] if len(rejected) > 5 else []
    )
    st.rerun()


@lru_cache(64)
def _small(path: str) -> str:
    """A thumbnail of an added image, as a data URL."""
    return gallery.data_url(decode.image_of(Path(path).read_bytes(), decode.Target(THUMBNAIL, 3, "pad")).pixels)


def _added(import_id: str, folder, label: str) -> None:
    counts = single_images.counts(folder)
    if not counts:
        st.caption(f"You need at least two classes with {items.MIN_IMAGES} images each; 20 each is a good start.")
        return
    preview_panel.classes([(name, 0, 0, counts[name]) for name in sorted(counts, key=sort_key)])
    latest = single_images.latest(folder, label.strip(), LATEST)
    if latest:
        st.html(gallery.grid(gallery.Tile(_small(str(path)), f"an image of {label}", (name,)) for path, name in latest))
    enough = [name for name, count in counts.items() if count >= items.MIN_IMAGES]
    with st.container(horizontal=True):
        ready = len(enough) > 1
        if st.button("Continue", type="primary", icon=":material/arrow_forward:", key="continue", disabled=not ready):
            with st.spinner("Inspecting the images …"):
                job.inspect(import_id, ImportRequest("pictures", str(folder), NAME))
            st.rerun()
        has_images = any(name == label.strip() for name in counts)
        if st.button("Undo last image", icon=":material/undo:", key="undo-last", disabled=not has_images):
            single_images.remove_last(folder, label.strip())
            st.rerun()
    if not ready:
        st.caption(f"You can continue once two classes have at least {items.MIN_IMAGES} images each.")
