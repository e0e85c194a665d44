"""Bring your own pictures: choose what you have, look at what was found, say how to store it, watch the import.

The address holds the import's id (`?new=`), so F5, a second tab and a restarted server show the same.
"""

from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls import datasets
from imgcls.datasets.importing import ImportRequest, from_root, job
from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.sources import server_folder
from imgcls.errors import DatasetError, SourceError
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.data import import_form, import_preview, import_single_images

ZIP, TABLE, IMAGES, WEBCAM, SERVER = "Zip archive", "Table (CSV)", "Pictures", "Webcam", "On the server"
ICONS = {
    ZIP: ":material/folder_zip:",
    TABLE: ":material/table:",
    IMAGES: ":material/add_photo_alternate:",
    WEBCAM: ":material/photo_camera:",
    SERVER: ":material/dns:",
}

TABLES = ["csv", "tsv", "txt"]


def offer() -> None:
    """The button that begins an import."""
    if st.button("Bring your own pictures", icon=":material/add_photo_alternate:", key="bring"):
        job.sweep()
        st.query_params.from_dict({"new": job.new_id()})
        st.rerun()


def show() -> None:
    """The whole view, for the import that the address names."""
    import_id, into = st.query_params["new"], st.query_params.get("into", "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Add pictures" if into else "Bring your own pictures")
        st.button("All data sets", icon=":material/arrow_back:", type="tertiary", key="back", on_click=_leave)
    with errors.shown():
        try:
            old = datasets.custom_dataset(into) if into else None
            state = job.state(import_id)
        except (SourceError, DatasetError) as error:
            st.warning(plain(str(error)), icon=":material/search_off:")
            offer()
            return
        if old:
            st.caption(f"They join **{plain(old.title)}**, in its size and colours.")
        if state.state == "running":
            _watch(import_id)
        elif state.state == "ready":
            _done(state.name, added=bool(into))
        else:
            if state.state == "failed":
                st.error(plain(state.text), icon=":material/error:")
            _prepare(import_id, old)


def _prepare(import_id: str, old: datasets.CustomDataset | None) -> None:
    order = job.order_of(import_id)
    if order is None:
        _choose(import_id)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        names = " and ".join(plain(visible(name)) for name in (order.name, order.table_name) if name)
        st.markdown(f":material/inventory_2: **{names}**")
        label = "Back to the pictures" if order.kind == "pictures" else "Choose something else"
        if st.button(label, icon=":material/undo:", type="tertiary", key="other"):
            if order.kind == "pictures":
                job.take_back(import_id)
            else:  # another import, so that the uploader is another one and empty
                job.give_up(import_id)
                st.query_params["new"] = job.new_id()
            st.rerun()
    try:
        seen = job.preview(import_id)
    except SourceError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    left, right = st.columns([3, 4], gap="large")
    with left:
        wish = import_form.ask(import_id, seen, old, _title(order))
        if wish is not None:
            with errors.shown():
                job.start(import_id, wish)
                st.rerun()
    with right:
        import_preview.show(seen)


def _choose(import_id: str) -> None:
    """What the person has, and the place to drop it."""
    options = [ZIP, IMAGES, WEBCAM, TABLE, *([SERVER] if server_folder.is_open() else [])]
    what = st.segmented_control(
        "What do you have?",
        options,
        default=ZIP,
        required=True,
        key="source",
        format_func=lambda option: f"{ICONS[option]} {option}",
    )
    with errors.shown():
        if what == ZIP:
            _zip(import_id)
        elif what == TABLE:
            _table(import_id)
        elif what == SERVER:
            _server(import_id)
        else:
            import_single_images.show(import_id, webcam=what == WEBCAM)


def _zip(import_id: str) -> None:
    left, right = st.columns([3, 4], gap="large")
    with left:
        beside = st.toggle("The classes stand in a table beside it", key="beside")
        archive = st.file_uploader("Zip archive", type=["zip"], key=f"zip-{import_id}")
        labels = None
        if beside:
            labels = st.file_uploader(
                "Table with file names and labels", type=["csv", "tsv", "txt"], key=f"labels-{import_id}"
            )
        if archive is not None and not beside:
            _bring(import_id, ImportRequest("zip", "", archive.name), archive)
        elif archive is not None and labels is not None:
            _bring(import_id, ImportRequest("listing", "", archive.name, "", labels.name), archive, labels)
    with right:
        st.caption(
            "A class for each picture, several labels with ; between, or a column of 0 and 1 for each label:"
            if beside
            else "One folder for each class, whatever it is called. Or parts first, with the classes inside:"
        )
        st.code(
            "file,label      file,labels      file,sky,sea\n"
            "1.jpg,oak       1.jpg,sky;sea    1.jpg,1,1\n"
            "2.jpg,birch     2.jpg,sky        2.jpg,1,0"
            if beside
            else "leaves.zip            leaves.zip\n  oak/1.jpg             train/oak/1.jpg\n"
            "  oak/2.jpg             train/birch/2.jpg\n  birch/3.jpg           test/oak/3.jpg",
            language=None,
        )
        st.caption("An outer folder around all is no harm. PNG, JPEG, WEBP, GIF and BMP are read.")


def _table(import_id: str) -> None:
    left, right = st.columns([3, 4], gap="large")
    with left:
        file = st.file_uploader("Table with pixels", type=TABLES, key=f"table-{import_id}")
        if file is not None:
            _bring(import_id, ImportRequest("table", "", file.name), file)
    with right:
        st.caption("A label and the pixels of a square picture in each row, as in Kaggle's Digit Recognizer:")
        st.code("label,pixel0,pixel1,...,pixel783\n7,0,0,...,0\n2,0,13,...,0", language=None)
        st.caption("With a header or without, the label first or last, in grey or colour (all of 0 to 255).")


def _server(import_id: str) -> None:
    choices = server_folder.choices()
    if not choices:
        st.info(
            "The folder that is open for imports (IMGCLS_IMPORT_ROOT) is empty: put folders, zip or CSV files into it."
        )
        return
    path = st.selectbox("Folder, zip archive or table on the server", choices, key="server-path")
    if st.button("Look into it", type="primary", icon=":material/search:", key="server-look"):
        with st.spinner("Looking into it ..."):
            job.bring(import_id, from_root(path))
        st.rerun()


def _bring(import_id: str, order: ImportRequest, *uploads) -> None:
    """Puts uploads on the disk, so that the server's memory need not hold them any longer, and looks into them."""
    with st.spinner("Looking into it ..."):
        paths = [str(job.keep_upload(import_id, number, upload)) for number, upload in enumerate(uploads)]
        uploads.forget(uploads, *(f"{kind}-{import_id}" for kind in ("zip", "labels", "table")))
        job.bring(import_id, ImportRequest(order.kind, paths[0], order.name, *paths[1:], table_name=order.table_name))
    st.rerun()


@st.fragment(run_every=0.5)
def _watch(import_id: str) -> None:
    state = job.state(import_id)
    if state.state != "running":
        st.rerun()
    st.progress(min(max(state.fraction, 0.0), 1.0), text=plain(state.text))
    st.caption("It goes on when you close this tab. Nothing is visible among the data sets before it is whole.")
    if st.button("Cancel", icon=":material/close:", key="cancel-import"):
        job.cancel(import_id)
        st.rerun()


def _done(name: str, *, added: bool) -> None:
    """What has become of it, and the way on."""
    try:
        own = datasets.custom_dataset(name)
    except DatasetError as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        return
    what = "now has" if added else "is a data set with"
    st.success(
        f"“{plain(own.title)}” {what} {len(own.classes):,} classes: "
        f"{own.counts[0]:,} pictures to learn from and {own.counts[1]:,} for the test.",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True):
        if st.button("Train on it", type="primary", icon=":material/model_training:", key="train-on-it"):
            # Where the Data page's own control holds the name "data", it may not stand in a link.
            with suppress(StreamlitAPIException):
                links.go("train.py", data=own.title)
            links.train(data=own.name)
        st.button("Look at it", icon=":material/photo_library:", key="look-at-it", on_click=_leave, args=(name,))
        if st.button("Bring more", icon=":material/add_photo_alternate:", key="bring-more"):
            st.query_params.from_dict({"new": job.new_id()})
            st.rerun()
    import_preview.left_out(own.skipped, own.notes)


def _title(order: ImportRequest) -> str:
    """A first name for the data set, from the file's."""
    return "" if order.kind == "pictures" else " ".join(Path(order.name).stem.replace("_", " ").split())


def _leave(name: str = "") -> None:
    """A callback: back to the data sets, to a certain one if it is named."""
    for word in ("new", "into"):
        st.query_params.pop(word, None)
    if name:
        st.session_state["data"] = name
