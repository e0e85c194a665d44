"""Any picture, asked about: files, the clipboard, a webcam once or live, or a test picture as an example."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from imgcls.datasets.importing import drawings
from imgcls.errors import ImageError, UserError
from imgcls.images.loading import Prepared
from imgcls.inference import batch
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import media
from imgcls.ui.predict import feedback, photo_crop, prediction
from imgcls.ui.predict.photo_crop import Photo
from imgcls.ui.widgets import formatting, gallery, multilabel_bars, threshold, upload

TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
UPLOAD_MB = 32
MOST_FILES = 24
EXAMPLES = 12
SOURCES = {
    "Files": "Upload, drop or paste a picture.",
    "Webcam": "Take a photo.",
    "Live": "Start the camera.",
    "Examples": "Choose an example.",
}
SEEN = "photos-seen"
LEFT_OUT = "photos-left-out"
CAMERA = "camera"


@dataclass(frozen=True)
class Several:
    """All pictures that were brought at once, and the one that is looked at closely."""

    photos: tuple[Photo, ...] = ()
    chosen: int = 0

    @property
    def photo(self) -> Photo | None:
        return self.photos[self.chosen] if self.photos else None


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """The picture at the left, the answer at the right; below both the others, if there are several."""
    left, right = st.columns([5, 7], gap="large")
    is_multilabel, part, prepared, prepare, raw, todo = Several(), None, None, None, None, ""
    with left, errors.shown():
        has_examples = run.is_tested and not card.is_multilabel
        sources = [name for name in SOURCES if has_examples or name != "Examples"]
        source = st.segmented_control(
            "Where from",
            sources,
            default="Files",
            required=True,
            key="photo-source",
            wrap=True,
            label_visibility="collapsed",
        )
        todo = SOURCES[source]
        if source == "Examples":
            prepared = _example(run, card)
        else:
            is_multilabel = _files() if source == "Files" else Several(_from_camera(source))
            if is_multilabel.photo:
                part = photo_crop.show(is_multilabel.photo, card, is_live=source == "Live")
    with right, errors.shown():
        if part is not None:
            prepare = partial(photo_crop.prepared, part)
            try:
                prepared = prepare(card)
                raw = photo_crop.untouched(part, card) if card.is_ink else None
            except ImageError as error:
                if source != "Live":
                    raise
                todo = str(error)  # the next picture is on its way: bars that come and go would flicker
        prediction.show(run, card, prepared, todo=todo, prepare=prepare, raw=raw)
        if source == "Live":
            media.camera_answered(CAMERA)
        if prepared is not None and prepare is not None and card.is_ink and source != "Live":
            is_same = card.shape == drawings.SHAPE and not card.fit
            feedback.show((prepared if is_same else prepare(feedback.STORED_DRAWING)).pixels, card.classes)
    if len(is_multilabel.photos) > 1:
        with errors.shown():
            _grid(run, card, is_multilabel)


def _from_camera(source: str) -> tuple[Photo, ...]:
    """A shot of the webcam, or its newest picture; nothing before the first one."""
    if source == "Webcam":
        shot = st.camera_input("Photo", key="shot", label_visibility="collapsed", resolution="720p")
        return () if shot is None else (_photo(shot.getvalue(), "the shot"),)
    data = media.camera(CAMERA)
    return () if data is None else (Photo("live", data, "the picture of the camera"),)


def _files() -> Several:
    """What was uploaded, dropped or pasted; what came last is looked at until another is chosen."""
    files = st.file_uploader(
        "Pictures",
        type=TYPES,
        key="photo",
        accept_multiple_files=True,
        max_upload_size=UPLOAD_MB,
        help="PNG, JPEG, WebP, GIF or BMP. They are looked at and forgotten, not stored.",
    )
    photos = {file.file_id: photo for file in files[:MOST_FILES] if (photo := _uploaded(file))}
    # What is not shown would lie in the server's memory for as long as the visitor stays.
    upload.forget(files[MOST_FILES:])
    left_out = st.session_state.get(LEFT_OUT, set()) if files else set()
    st.session_state[LEFT_OUT] = left_out = left_out | {file.file_id for file in files[MOST_FILES:]}
    if left_out:
        st.info(
            f"The first {MOST_FILES} of {formatting.count(MOST_FILES + len(left_out), 'file')} are shown here, the others "
            f"were let go. “Batch” takes up to {batch.MOST:,}.",
            icon=":material/info:",
        )
    photos |= _pasted()
    ids = tuple(photos)
    chosen = _newest(ids)
    if len(photos) > 1:
        key = f"photo-chosen-{hash(ids)}"
        st.session_state.setdefault(key, chosen)
        # A control keeps its function until the visitor leaves: it must not hold the pictures.
        names = {name: f"{number}. {photo.name}" for number, (name, photo) in enumerate(photos.items(), 1)}
        chosen = st.selectbox("Look closely at", ids, format_func=lambda name: names.get(name, name), key=key)
    st.session_state[SEEN] = (ids, chosen)
    return Several(tuple(photos.values()), ids.index(chosen) if ids else 0)


def _newest(ids: tuple[str, ...]) -> str:
    """Which picture is looked at until somebody chooses: what is new, else the one of the last run, else the last."""
    seen, chosen = st.session_state.get(SEEN, ((), ""))
    new = [name for name in ids if name not in seen]
    if not new and chosen in ids:
        return chosen
    return (new or ids or ("",))[-1]


def _pasted() -> dict[str, Photo]:
    """What was pasted last, until it is put away."""
    number = st.session_state.setdefault("pasted-number", 0)
    found = media.pasted(f"pasted-{number}")
    if found is None:
        return {}
    st.button("Put the pasted picture away", icon=":material/close:", key="put-away", on_click=_put_away)
    return {f"pasted-{number}-{found[0]}": _photo(found[1], "the pasted picture")}


def _put_away() -> None:
    # Under a new key the part of the page begins anew, and what it has sent is dropped.
    st.session_state["pasted-number"] += 1


def _uploaded(file: UploadedFile) -> Photo | None:
    data = file.getvalue()
    if len(data) > UPLOAD_MB * 1024**2:  # as Streamlit counts them
        with errors.shown():
            raise ImageError(
                f"“{file.name}” has {len(data) / 1024**2:.1f} MB; up to {UPLOAD_MB} MB are taken. Make it smaller."
            )
        return None
    return _photo(data, file.name)


def _photo(data: bytes, name: str) -> Photo:
    return Photo(hashlib.sha256(data).hexdigest(), data, name)


def _grid(run: Run, card: ModelCard, is_multilabel: Several) -> None:
    """Each of several pictures with its answer."""
    st.subheader("All of them", anchor=False)
    tiles = []
    for place, photo in enumerate(is_multilabel.photos):
        tiles.append(_tile(run, photo, card, place))
    st.html(gallery.grid(tiles))


def _tile(run: Run, photo: Photo, card: ModelCard, place: int) -> gallery.Tile:
    number = f"{place + 1}. "
    try:
        found, url, rejection = photo_crop.answer(run, photo, card)
        said = (rejection,) if rejection else _said(found, card)
        return gallery.Tile(url, f"{photo.name}: {', '.join(said)}", (*said, number + photo.name))
    except UserError as error:
        reason = error.reason if isinstance(error, ImageError) else str(error)
        return gallery.Tile(np.zeros((8, 8), np.uint8), f"{photo.name}: {reason}", ("–", reason, number + photo.name))


def _said(found: np.ndarray, card: ModelCard) -> tuple[str, ...]:
    """The answer in a few lines: the class and its share, or all labels with theirs where there may be several."""
    names = card.classes
    if not card.is_multilabel:
        best = int(found.argmax())
        return names[best], formatting.fraction(float(found[best]))
    on = multilabel_bars.labels_on(found, threshold.chosen(card)).tolist()
    return tuple(f"{names[i]} {formatting.fraction(float(found[i]))}" for i in on) or (multilabel_bars.NONE,)


def _example(run: Run, card: ModelCard) -> Prepared | None:
    """A test picture, as it is."""
    tested = cached.single_label_predictions(run)
    rows = _spread(tuple(tested.labels[tested.row_of >= 0].tolist()), EXAMPLES)
    if not rows:
        st.info("No test pictures are kept with this run.", icon=":material/info:")
        return None
    rows = np.flatnonzero(tested.row_of >= 0)[list(rows)]
    st.html(_examples(run, cached.predictions_stamp(run), tuple(rows.tolist())))
    number = st.pills(
        "Example",
        range(1, len(rows) + 1),
        default=1,
        required=True,
        key="example",
        label_visibility="collapsed",
        wrap=True,
    )
    row = rows[min(number, len(rows)) - 1]
    name = card.classes[tested.labels[row]]
    st.caption(f"A test picture, as it is. Its class is {plain(name)}.")
    return Prepared(tested.images[tested.row_of[row]])


@lru_cache(16)
def _spread(labels: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Places of pictures, spread over the classes."""
    random = np.random.default_rng(0)
    values = np.array(labels)
    order = random.permutation(len(values))
    turn = np.zeros(len(values), int)  # how many of its class come before each
    for label in np.unique(values):
        mine = order[values[order] == label]
        turn[mine] = np.arange(len(mine))
    return tuple(sorted(order.tolist(), key=lambda place: turn[place])[:count])


@lru_cache(16)
def _examples(run: Run, stamp: tuple, rows: tuple[int, ...]) -> str:
    tested = cached.single_label_predictions(run)
    names = run.card.classes
    tiles = (
        gallery.Tile(tested.images[tested.row_of[row]], f"Example {n}: {names[tested.labels[row]]}", (str(n),))
        for n, row in enumerate(rows, 1)
    )
    return gallery.grid(tiles)
