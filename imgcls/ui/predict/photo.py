"""Classify photos: files, the clipboard, a webcam (snapshot or live), or a test image as an example."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from imgcls import inference
from imgcls.datasets.importing import drawings
from imgcls.errors import ImageError, UserError
from imgcls.images.files import checks
from imgcls.images.loading import LoadedImage, Prepared
from imgcls.inference import Answer, batch
from imgcls.inference.answering import predicted_labels
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import image_select, media
from imgcls.ui.predict import answer as answer_view
from imgcls.ui.predict import feedback, photo_crop
from imgcls.ui.predict.photo_crop import Photo
from imgcls.ui.widgets import formatting, gallery, threshold, upload
from imgcls.ui.widgets.figures import multilabel_bars

UPLOAD_MB = 32
MOST_FILES = 24
EXAMPLES = 12
SOURCES = {
    "Files": "Upload, drop or paste an image.",
    "Webcam": "Take a photo.",
    "Live": "Start the camera.",
    "Examples": "Choose an example.",
}
SEEN = "photos-seen"
IGNORED = "photos-left-out"
CAMERA = "camera"


@dataclass(frozen=True)
class Photos:
    """All current photos, the index of the selected one, and the key of their gallery."""

    photos: tuple[Photo, ...] = ()
    index: int = 0
    gallery: str = ""

    @property
    def selected(self) -> Photo | None:
        return self.photos[self.index] if self.photos else None


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """The image on the left, the answer on the right; below both the other images, if there are several."""
    left, right = st.columns([5, 7], gap="large")
    photos, todo = Photos(), ""
    source: LoadedImage | Prepared | None = None
    with left, errors.shown():
        has_examples = run.is_tested and not card.is_multilabel
        origins = [name for name in SOURCES if has_examples or name != "Examples"]
        origin = st.segmented_control(
            "Source",
            origins,
            default="Files",
            required=True,
            **fixed_controls.keyed("photo-source"),
            wrap=True,
            label_visibility="collapsed",
        )
        todo, is_live = SOURCES[origin], origin == "Live"
        if origin == "Examples":
            source = _example(run, card)
        else:
            photos = _files(card) if origin == "Files" else Photos(_from_camera(origin))
            if photos.selected:
                source = photo_crop.show(photos.selected, card, is_live=is_live)
            elif origin == "Files" and has_examples:
                st.caption("No image at hand? Try one of these:")
                source = _example(run, card, key="tried-example", is_optional=True)
    with right, errors.shown():
        answer = None
        if source is not None:
            try:
                answer = inference.answer(run, source, card=card, threshold=threshold.chosen(card))
            except ImageError as error:
                if not is_live:
                    raise
                todo = str(error)  # the next frame is on its way: bars that come and go would flicker
        answer_view.show(run, card, answer, source=source, todo=todo)
        answer_view.show_explanations(run, card, answer, source)
        if is_live:
            media.acknowledge_camera(CAMERA)
        if answer is not None and isinstance(source, LoadedImage) and card.is_ink and not is_live:
            is_same = card.shape == drawings.SHAPE and not card.fit
            stored = answer.prepared if is_same else inference.prepare(source, feedback.STORED_DRAWING)
            feedback.show(stored.pixels, card, answer.pixels)
    if len(photos.photos) > 1:
        with errors.shown():
            _show_all(run, card, photos)


def _from_camera(origin: str) -> tuple[Photo, ...]:
    """A snapshot of the webcam, or the newest frame of the live camera; nothing before the first one."""
    if origin == "Webcam":
        snapshot = st.camera_input("Photo", key="shot", label_visibility="collapsed", resolution="720p")
        return () if snapshot is None else (_photo(snapshot.getvalue(), "the photo"),)
    data = media.camera(CAMERA)
    return () if data is None else (Photo("live", data, "the camera image"),)


def _files(card: ModelCard) -> Photos:
    """What was uploaded, dropped or pasted. The newest is selected until another is chosen."""
    files = st.file_uploader(
        "Images",
        type=checks.EXTENSIONS,
        key="photo",
        accept_multiple_files=True,
        max_upload_size=UPLOAD_MB,
        help="Photos: PNG, JPEG, WebP, HEIC and more. They are classified and discarded, not stored.",
    )
    photos = {file.file_id: photo for file in files[:MOST_FILES] if (photo := _uploaded(file))}
    # Files that are not shown would stay in the server's memory until the visitor leaves.
    upload.forget(files[MOST_FILES:])
    ignored = st.session_state.get(IGNORED, set()) if files else set()
    st.session_state[IGNORED] = ignored = ignored | {file.file_id for file in files[MOST_FILES:]}
    if ignored:
        st.info(
            f"Only the first {MOST_FILES} of {formatting.count(MOST_FILES + len(ignored), 'file')} are shown here; the "
            f"rest were ignored. “Batch” accepts up to {batch.MOST:,}.",
            icon=":material/info:",
        )
    photos |= _pasted()
    ids = tuple(photos)
    selected = _newest(photos, card)
    key = f"photos-{hash(ids)}"
    if len(ids) > 1:
        chosen = image_select.chosen(key, range(len(ids)))
        if chosen:
            selected = ids[chosen[0]]
        else:
            image_select.choose(key, [ids.index(selected)])
    st.session_state[SEEN] = (ids, selected)
    return Photos(tuple(photos.values()), ids.index(selected) if ids else 0, key)


def _newest(photos: Mapping[str, Photo], card: ModelCard) -> str:
    """The image that is selected until the visitor chooses: a new one, else the one of the last run, else the last.

    Of several, it is the last that can be read; the others say in the gallery what is wrong with them.
    """
    seen, selected = st.session_state.get(SEEN, ((), ""))
    new = [name for name in photos if name not in seen]
    if not new and selected in photos:
        return selected
    names = new or list(photos) or [""]
    if len(names) == 1:
        return names[0]
    return next((name for name in reversed(names) if photo_crop.is_intact(photos[name], card)), names[-1])


def _pasted() -> dict[str, Photo]:
    """The image that was pasted last, until it is removed."""
    number = st.session_state.setdefault("pasted-number", 0)
    pasted = media.pasted(f"pasted-{number}")
    if pasted is None:
        return {}
    st.button("Remove the pasted image", icon=":material/close:", key="put-away", on_click=_remove_pasted)
    return {f"pasted-{number}-{pasted[0]}": _photo(pasted[1], "the pasted image")}


def _remove_pasted() -> None:
    # A component with a new key starts empty, and what the old one sent is dropped.
    st.session_state["pasted-number"] += 1


def _uploaded(file: UploadedFile) -> Photo | None:
    data = file.getvalue()
    if len(data) > UPLOAD_MB * 1024**2:  # megabytes as Streamlit counts them
        with errors.shown():
            raise ImageError(
                f"“{file.name}” is {len(data) / 1024**2:.1f} MB; the limit is {UPLOAD_MB} MB. Make it smaller."
            )
        return None
    return _photo(data, file.name)


def _photo(data: bytes, name: str) -> Photo:
    return Photo(hashlib.sha256(data).hexdigest(), data, name)


def _show_all(run: Run, card: ModelCard, photos: Photos) -> None:
    """Each of several images with its prediction; a click selects the one that is shown large."""
    st.header("All images", anchor=False, help="Click an image to see it large, with its prediction explained.")
    tiles = [_tile(run, photo, card, number) for number, photo in enumerate(photos.photos)]
    st.html(gallery.grid(tiles, select=photos.gallery))
    image_select.show(photos.gallery, range(len(tiles)), is_single=True)


def _tile(run: Run, photo: Photo, card: ModelCard, number: int) -> gallery.Tile:
    name = photo.name
    try:
        answer, url = photo_crop.answer(run, photo)
        lines = (answer.rejection.title,) if answer.rejection else _lines(answer, card)
        return gallery.Tile(url, f"{photo.name}: {', '.join(lines)}", (*lines, name), value=number)
    except UserError as error:
        reason = error.reason if isinstance(error, ImageError) else str(error)
        return gallery.Tile(np.zeros((8, 8), np.uint8), f"{photo.name}: {reason}", ("–", reason, name), value=number)


def _lines(answer: Answer, card: ModelCard) -> tuple[str, ...]:
    """A prediction in a few lines: the class and its probability, or all predicted labels with theirs."""
    probabilities, classes = answer.probabilities, card.classes
    if not card.is_multilabel:
        return classes[answer.index], formatting.fraction(answer.confidence)
    names = predicted_labels(probabilities, card, threshold.chosen(card))
    lines = (f"{name} {formatting.fraction(float(probabilities[classes.index(name)]))}" for name in names)
    return tuple(lines) or (multilabel_bars.NO_LABEL,)


def _example(run: Run, card: ModelCard, *, key: str = "example", is_optional: bool = False) -> Prepared | None:
    """A test image, unchanged; the first one is chosen, or none if it `is_optional`."""
    tested = cached.single_label_predictions(run)
    stored = np.flatnonzero(tested.row_of >= 0)
    chosen = _spread(tuple(tested.labels[stored].tolist()), EXAMPLES)
    if not chosen:
        st.info("This run stores no test images.", icon=":material/info:")
        return None
    rows = stored[list(chosen)]
    images = _examples(run, cached.predictions_stamp(run), tuple(rows.tolist()))
    number = st.pills(
        "Example",
        range(1, len(rows) + 1),
        default=None if is_optional else 1,
        required=not is_optional,
        format_func=lambda number: images[number - 1],
        key=key,
        label_visibility="collapsed",
        wrap=True,
    )
    if number is None:
        return None
    row = rows[min(number, len(rows)) - 1]
    name = card.classes[tested.labels[row]]
    st.caption(f"A test image, unchanged. True class: {plain(name)}.")
    return Prepared(tested.images[tested.row_of[row]])


@lru_cache(16)
def _spread(labels: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Indices of images, spread over the classes."""
    random = np.random.default_rng(0)
    values = np.array(labels)
    order = random.permutation(len(values))
    turn = np.zeros(len(values), int)  # how many of its class come before each
    for label in np.unique(values):
        mine = order[values[order] == label]
        turn[mine] = np.arange(len(mine))
    return tuple(sorted(order.tolist(), key=lambda index: turn[index])[:count])


@lru_cache(16)
def _examples(run: Run, stamp: tuple, rows: Sequence[int]) -> list[str]:
    """The images as Markdown: each is the label of its button."""
    tested = cached.single_label_predictions(run)
    names = run.card.classes
    return [
        f"![Example {n}: {plain(names[tested.labels[row]])}]({gallery.data_url(tested.images[tested.row_of[row]])})"
        for n, row in enumerate(rows, 1)
    ]
