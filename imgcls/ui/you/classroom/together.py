"""The teacher starts what the class draws for: an audience wall, or a collection to train a model on."""

import html

import streamlit as st
from streamlit import config

from imgcls import runs
from imgcls.errors import UserError
from imgcls.jobs.together import activities, pool, sending
from imgcls.jobs.together.activities import DIGITS, Activity, Kind
from imgcls.runs import Run
from imgcls.sharing.classroom import join_link
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

WALL, COLLECTION = "Audience wall", "Train a model together"
DRAWINGS, PHOTOS = "Drawings", "Photos"
WHAT = {
    WALL: "Anyone who scans the code can draw; a trained model reads every drawing, and a screen shows them all.",
    COLLECTION: "Members draw or take photos; then one press trains a model, and each sees their errors.",
}
NAMES = {Kind.WALL: "The wall", Kind.COLLECTION: "The collection"}


def show(room: Room) -> None:
    """The section of the teacher's page; the class is open."""
    st.header("Draw together", anchor=False)
    activity = activities.find(room)
    if activity is not None and activity.is_open:
        _running(room, activity)
    else:
        _form(room)


def link(room: Room) -> None:
    """For a pupil: the page on which to draw, while something is being collected."""
    activity = activities.find(room)
    if activity is not None and activity.is_open:
        label = "Take photos for the class" if activity.has_photos else "Draw with the class"
        st.link_button(label, _address(room, "draw"), type="primary", icon=":material/draw:")


def _running(room: Room, activity: Activity) -> None:
    count = sum(number for *_, number in sending.pool_of(room, activity).pairs())
    what = "photo" if activity.has_photos else "drawing"
    st.markdown(f"{NAMES[activity.kind]} has {formatting.count(count, what)}.")
    base = join_link.address(st.context.url or "")
    phone = f"{base}{_address(room)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Open the screen", _address(room, "screen"), type="primary", icon=":material/cast:")
        st.link_button("Take photos" if activity.has_photos else "Draw", _address(room, "draw"), icon=":material/draw:")
        _delete_button(room)
        if st.button("Finish", icon=":material/stop_circle:", help="No more drawings are accepted. All are kept."):
            with errors.shown():
                activities.finish(room)
                st.rerun()
    if base:
        st.caption(plain(f"The screen, for a projector, shows a QR code of {html.escape(phone)}"))


def _delete_button(room: Room) -> None:
    if pool.total(activities.folder(room)) and st.button("Delete all drawings", icon=":material/delete:"):
        _delete(room)


@st.dialog("Delete all drawings?")
def _delete(room: Room) -> None:
    st.markdown(
        "All drawings of this class, including those of earlier walls and collections. A dataset or model made from "
        "them is kept; delete it on the Data or Runs page. **This cannot be undone.**"
    )
    if st.button("Delete", type="primary", icon=":material/delete_forever:", key="together-delete"):
        with errors.shown():
            sending.delete_all(room)
            st.rerun()


def _form(room: Room) -> None:
    what = st.segmented_control("What for", [WALL, COLLECTION], default=WALL, required=True, key="together-what")
    st.caption(WHAT[what])
    model: Run | None = None
    classes: list[str] = []
    is_moderated = has_photos = False
    if what == WALL:
        model = st.selectbox("Model that reads the drawings", _readers(), format_func=lambda run: run.label, width=420)
        is_moderated = st.checkbox("Show a drawing only after I have approved it", key="together-moderated")
    else:
        has_photos = (
            st.segmented_control(
                "Members send",
                [DRAWINGS, PHOTOS],
                default=DRAWINGS,
                required=True,
                key="together-samples",
                help="Photos are taken with the camera of the phone, and everybody sees them on the screen. The model "
                "learns on top of a pretrained network.",
            )
            == PHOTOS
        )
        text = st.text_input(
            "Classes",
            "cup, pen" if has_photos else ", ".join(DIGITS),
            help="Separated by commas: digits, letters, symbols or words, such as ☺, ☹, ♥",
            width=420,
        )
        classes = text.split(",")
    if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=what == WALL and model is None):
        with errors.shown():
            if what == WALL and model is not None:
                activities.start_wall(room, model.id, is_moderated=is_moderated)
            else:
                activities.start_collection(room, classes, has_photos=has_photos)
            st.rerun()
    with st.container(horizontal=True):
        if activities.find(room) is not None:
            st.link_button("Open the last screen", _address(room, "screen"), icon=":material/cast:")
        _delete_button(room)


def _readers() -> list[Run]:
    """Runs that read handwriting, those that come with the project first."""
    found = []
    for run in runs.all_runs():
        try:
            if run.is_ready and run.card.is_ink and not run.card.is_multilabel:
                found.append(run)
        except UserError:
            continue
    return sorted(found, key=lambda run: not run.is_example)


def _address(room: Room, page: str = "") -> str:
    base = config.get_option("server.baseUrlPath").strip("/")
    return "/".join(["", *filter(None, (base, "room", room.code, page))])
