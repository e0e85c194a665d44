"""Pictures one after the other, class by class: dropped here, or shot with the webcam."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from imgcls.datasets.importing import ImportRequest, decode, job
from imgcls.datasets.importing.class_names import sort_key
from imgcls.datasets.importing.sources import folder_layout, single_images
from imgcls.errors import UserError
from imgcls.ui.app.errors import plain
from imgcls.ui.data import import_preview
from imgcls.ui.widgets import gallery, upload

LATEST = 6  # pictures of the present class that are shown
TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
NAME = "your pictures"
THUMBNAIL = 112


def show(import_id: str, *, webcam: bool) -> None:
    """The class that is being filled at the left, what is there already at the right."""
    folder = job.made(import_id)
    left, right = st.columns([3, 4], gap="large")
    with left:
        label = st.text_input(
            "Class",
            key=f"class-{import_id}",
            max_chars=100,
            placeholder="such as oak",
            help="What the next pictures show. Change it, and the next ones go to another class.",
        )
        if not label.strip():
            st.caption("First the name of a class, then its pictures; then the next class.")
        elif webcam:
            _shoot(import_id, folder, label)
        else:
            _drop(import_id, folder, label)
    with right:
        _there(import_id, folder, label)


def _shoot(import_id: str, folder, label: str) -> None:
    """Each shot is taken in at once, and the camera is ready for the next one."""
    number = st.session_state.setdefault("shots", 0)
    shot = st.camera_input(f"Shots of {plain(label)}", key=f"shot-{import_id}-{number}", resolution="480p")
    st.caption("Take many, each a little different: near and far, from the left and the right, in other light.")
    if shot is not None:
        single_images.add(folder, label, shot.getvalue(), f"shot {number + 1}")
        upload.forget([shot], f"shot-{import_id}-{number}")
        st.session_state["shots"] = number + 1
        st.rerun()


def _drop(import_id: str, folder, label: str) -> None:
    number = st.session_state.setdefault("drops", 0)
    files = st.file_uploader(
        f"Pictures of {plain(label)}", type=TYPES, accept_multiple_files=True, key=f"drop-{import_id}-{number}"
    )
    for message in st.session_state.pop("not-taken", ()):
        st.warning(plain(message), icon=":material/broken_image:")
    if not files:
        return
    refused = []
    with st.spinner("Taking them in ..."):
        for file in files:
            try:
                single_images.add(folder, label, file.getvalue(), file.name)
            except UserError as error:
                refused.append(str(error))
    upload.forget(files, f"drop-{import_id}-{number}")
    # A new uploader: the old one would add its files again at the next rerun.
    st.session_state["drops"] = number + 1
    st.session_state["not-taken"] = refused[:5] + ([f"And {len(refused) - 5} more."] if len(refused) > 5 else [])
    st.rerun()


@lru_cache(64)
def _small(path: str) -> str:
    """A thumbnail of a picture in the basket, as a URL."""
    return gallery.data_url(decode.pixels_of(Path(path).read_bytes(), THUMBNAIL, 3, "pad"))


def _there(import_id: str, folder, label: str) -> None:
    counts = single_images.counts(folder)
    if not counts:
        st.caption(
            f"Two classes or more are needed, with {folder_layout.MIN_IMAGES} pictures or more each; 20 are a good start."
        )
        return
    import_preview.classes([(name, 0, 0, counts[name]) for name in sorted(counts, key=sort_key)])
    latest = single_images.latest(folder, label.strip(), LATEST)
    if latest:
        st.html(
            gallery.grid(gallery.Tile(_small(str(path)), f"a picture of {label}", (name,)) for path, name in latest)
        )
    enough = [name for name, count in counts.items() if count >= folder_layout.MIN_IMAGES]
    with st.container(horizontal=True):
        ready = len(enough) > 1
        if st.button("Go on", type="primary", icon=":material/arrow_forward:", key="go-on", disabled=not ready):
            with st.spinner("Looking into it ..."):
                job.bring(import_id, ImportRequest("pictures", str(folder), NAME))
            st.rerun()
        there = any(name == label.strip() for name in counts)
        if st.button("Take the last one back", icon=":material/undo:", key="take-back", disabled=not there):
            single_images.remove_last(folder, label.strip())
            st.rerun()
    if not ready:
        st.caption(f"Go on when two classes have {folder_layout.MIN_IMAGES} pictures or more each.")
