"""Import your own images: choose a source, check the preview, choose how to store the images, watch the import.

The URL contains the id of the import (`?new=`), so reloading, a second tab and a restarted server show the same import.
"""

from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls import datasets, sharing
from imgcls.datasets.importing import ImportRequest, from_root
from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.execution import job
from imgcls.datasets.importing.sources.containers import server_folder
from imgcls.errors import DatasetError, SourceError
from imgcls.images.files import checks
from imgcls.languages import gettext as _
from imgcls.sharing import Action
from imgcls.system import paths
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.data.importing import form, questions, single_images
from imgcls.ui.data.importing import preview as preview_panel
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import upload

ZIP, TABLE, IMAGES, WEBCAM, SERVER = "Archive or file", "CSV table", "Images", "Webcam", "Server folder"
ICONS = {
    ZIP: ":material/folder_zip:",
    TABLE: ":material/table:",
    IMAGES: ":material/add_photo_alternate:",
    WEBCAM: ":material/photo_camera:",
    SERVER: ":material/dns:",
}

TABLES = ["csv", "tsv", "txt"]
ARCHIVES = ["zip", "tar", "gz", "tgz"]
LABEL_TABLES = [*TABLES, "json", "jsonl"]
FILES = [*ARCHIVES, "npz", "mat", "parquet", *TABLES]
"""File name extensions of what `sources` recognises by content."""


def show_button() -> None:
    """The button that starts an import."""
    may_import = rights.button(Action.IMPORT_DATASET)
    if st.button(_("Import your own images"), icon=":material/add_photo_alternate:", key="import-images", **may_import):
        job.sweep()
        st.query_params.from_dict({"new": job.new_id()})
        st.rerun()


def show() -> None:
    """The import that the URL names."""
    import_id, into = st.query_params["new"], st.query_params.get("into", "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("Add images") if into else _("Import your own images"))
        st.button(_("All datasets"), icon=":material/arrow_back:", type="tertiary", key="back", on_click=_leave)
    with errors.shown():
        try:
            old = datasets.custom_dataset(into) if into else None
            state = job.state(import_id)
        except (SourceError, DatasetError) as error:
            st.warning(plain(str(error)), icon=":material/search_off:")
            show_button()
            return
        if old:
            st.caption(f"The images will be added to **{plain(old.title)}** and converted to its size and colours.")
        if state.state == "running":
            _watch(import_id)
        elif state.state == "ready":
            _done(job.imported_name(import_id), added=bool(into))
        else:
            if state.state == "failed":
                st.error(plain(state.text), icon=":material/error:")
            _prepare(import_id, old)


def _prepare(import_id: str, old: datasets.CustomDataset | None) -> None:
    request = job.request_of(import_id)
    if request is None:
        _choose(import_id)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        names = " and ".join(plain(visible(name)) for name in (request.name, request.table_name) if name)
        st.markdown(f":material/inventory_2: **{names}**")
        label = "Back to the images" if request.kind == "pictures" else "Choose another source"
        if st.button(label, icon=":material/undo:", type="tertiary", key="other"):
            if request.kind == "pictures":
                job.reset(import_id)
            else:  # a new import has a new, empty uploader
                job.discard(import_id)
                st.query_params["new"] = job.new_id()
            st.rerun()
    try:
        preview = job.preview(import_id)
    except SourceError as error:
        st.error(plain(str(error)), icon=":material/block:")
        if error.questions:
            st.markdown("The files can also be read in another way:")
            questions.show(import_id, request, error.questions)
        return
    left, right = st.columns([3, 4], gap="large")
    with left:
        questions.show(import_id, request, preview.questions)
        settings = form.show(import_id, preview, old, _title(request))
        if settings is not None:
            with errors.shown():
                job.start(import_id, settings)
                st.rerun()
    with right:
        preview_panel.show(preview)


def _choose(import_id: str) -> None:
    """The kind of source, and where to upload it."""
    has_server = server_folder.is_open() and sharing.decide(Action.READ_SERVER_FOLDER).allowed
    options = [ZIP, IMAGES, WEBCAM, TABLE, *([SERVER] if has_server else [])]
    kind = st.segmented_control(
        "What would you like to import?",
        options,
        default=ZIP,
        required=True,
        key="source",
        format_func=lambda option: f"{ICONS[option]} {option}",
    )
    with errors.shown():
        if kind == ZIP:
            _zip(import_id)
        elif kind == TABLE:
            _table(import_id)
        elif kind == SERVER:
            _server(import_id)
        else:
            single_images.show(import_id, webcam=kind == WEBCAM)


def _zip(import_id: str) -> None:
    left, right = st.columns([3, 4], gap="large")
    with left:
        has_table = st.toggle("Labels are in a separate CSV table", key="label-table")
        archive = st.file_uploader("Archive or file", type=ARCHIVES if has_table else FILES, key=f"zip-{import_id}")
        labels = None
        if has_table:
            labels = st.file_uploader(
                "CSV table with file names and labels", type=LABEL_TABLES, key=f"labels-{import_id}"
            )
        if archive is not None and not has_table:
            _inspect(import_id, ImportRequest("file", "", archive.name), archive)
        elif archive is not None and labels is not None:
            _inspect(import_id, ImportRequest("listing", "", archive.name, "", labels.name), archive, labels)
    with right:
        st.caption(
            "One class per image, several labels separated by ;, or a 0/1 column per label:"
            if has_table
            else "One folder per class, with any name. Or train and test folders with the classes inside:"
        )
        st.code(
            "file,label      file,labels      file,sky,sea\n"
            "1.jpg,oak       1.jpg,sky;sea    1.jpg,1,1\n"
            "2.jpg,birch     2.jpg,sky        2.jpg,1,0"
            if has_table
            else "leaves.zip            leaves.zip\n  oak/1.jpg             train/oak/1.jpg\n"
            "  oak/2.jpg             train/birch/2.jpg\n  birch/3.jpg           test/oak/3.jpg",
            language=None,
        )
        st.caption(f"A single enclosing folder is fine. Supported formats: {checks.FORMATS_TEXT}.")
        if not has_table:
            st.caption(
                "The archive may contain label tables, as archives from Kaggle, Roboflow and Hugging Face do. COCO, "
                "YOLO, Pascal VOC, IDX files, NumPy arrays (.npz) and parquet files with images are read as well."
            )


def _table(import_id: str) -> None:
    left, right = st.columns([3, 4], gap="large")
    with left:
        file = st.file_uploader("CSV table of pixels", type=TABLES, key=f"table-{import_id}")
        if file is not None:
            _inspect(import_id, ImportRequest("file", "", file.name), file)
    with right:
        st.caption("One row per image: its label and the pixels of a square image, as in Kaggle's Digit Recognizer:")
        st.code("label,pixel0,pixel1,...,pixel783\n7,0,0,...,0\n2,0,13,...,0", language=None)
        st.caption("With or without a header; label first or last; greyscale or colour; values from 0 to 255.")


def _server(import_id: str) -> None:
    choices = server_folder.choices()
    if not choices:
        st.info(
            "The server's import folder (IMGCLS_IMPORT_ROOT) is empty. Put folders, zip archives or CSV files into it."
        )
        return
    path = st.selectbox("Folder, zip archive or table on the server", choices, key="server-path")
    if st.button("Inspect", type="primary", icon=":material/search:", key="server-inspect"):
        with st.spinner("Inspecting the file …"):
            job.inspect(import_id, from_root(path))
        st.rerun()


def _inspect(import_id: str, request: ImportRequest, *files) -> None:
    """Saves uploads to disk, so that they no longer take up memory, and inspects them."""
    with st.spinner("Inspecting the file …"):
        saved = [str(job.save_upload(import_id, number, file)) for number, file in enumerate(files)]
        upload.forget(files, *(f"{kind}-{import_id}" for kind in ("zip", "labels", "table")))
        table = saved[1] if len(saved) > 1 else ""
        job.inspect(import_id, ImportRequest(request.kind, saved[0], request.name, table, request.table_name))
    st.rerun()


@st.fragment(run_every=0.5)
def _watch(import_id: str) -> None:
    state = job.state(import_id)
    if state.state != "running":
        st.rerun()
    st.progress(min(max(state.fraction, 0.0), 1.0), text=plain(state.text))
    st.caption(
        "You can close this tab. The dataset appears in the list once the import is complete. Imports are stopped "
        f"after {paths.max_import_minutes():g} minutes."
    )
    if st.button("Cancel", icon=":material/close:", key="cancel-import"):
        job.cancel(import_id)
        st.rerun()


def _done(name: str, *, added: bool) -> None:
    """The result, and what to do next."""
    try:
        dataset = datasets.custom_dataset(name)
    except DatasetError as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        return
    what = "now has" if added else "is ready, with"
    st.success(
        f"“{plain(dataset.title)}” {what} {len(dataset.classes):,} classes, {dataset.counts[0]:,} training and "
        f"{dataset.counts[1]:,} test images.",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True):
        if st.button("Train a model", type="primary", icon=":material/model_training:", key="train-model"):
            # Streamlit refuses a link parameter "data" while the selector of the Data page has that key.
            with suppress(StreamlitAPIException):
                links.go("train.py", data=dataset.title)
            links.train(data=dataset.name)
        st.button("View dataset", icon=":material/photo_library:", key="view-dataset", on_click=_leave, args=(name,))
        if st.button("Import another dataset", icon=":material/add_photo_alternate:", key="import-more"):
            st.query_params.from_dict({"new": job.new_id()})
            st.rerun()
    preview_panel.skipped_files(dataset.skipped, dataset.notes)
    preview_panel.skipped_download(_skipped_csv(dataset))


def _skipped_csv(dataset: datasets.CustomDataset) -> bytes | None:
    path = datasets.skipped_file(dataset.name) if dataset.skipped else None
    return path.read_bytes() if path else None


def _title(request: ImportRequest) -> str:
    """A suggested dataset name, from the file name."""
    stem = Path(request.name).stem.removesuffix(".tar")
    return "" if request.kind == "pictures" else " ".join(stem.replace("_", " ").split())


def _leave(name: str = "") -> None:
    """A callback: back to the datasets, to a particular one if given."""
    for parameter in ("new", "into"):
        st.query_params.pop(parameter, None)
    if name:
        st.session_state["data"] = name
