"""Many pictures, or a zip of them, asked about at once: a table to read and to keep, scores where there are labels."""

import contextlib
import html
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.zip_archive import Archive
from imgcls.errors import SourceError
from imgcls.evaluation.metrics import confidence_intervals
from imgcls.inference import batch
from imgcls.inference.batch import Answer
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import confusion_matrix
from imgcls.ui.components.confusion_matrix import Drawn
from imgcls.ui.predict import prediction
from imgcls.ui.widgets import formatting, gallery, metric_row, pager, upload
from imgcls.ui.widgets.metric_row import Number

TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "zip"]
UPLOAD_MB = 200
TOGETHER_MB = 500
"""All files of a batch: they lie in the server's memory for as long as the visitor stays."""
PER_PAGE = 40
KEY = "batch-answers"
STYLE = """<style>
.stHtml table.batch{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
.batch th,.batch td{text-align:left;padding:4px 10px 4px 0;border:0;border-bottom:1px solid rgba(128,128,128,.25);
vertical-align:middle}
.batch td:nth-child(2){overflow-wrap:anywhere}
.batch img{width:40px;height:40px;object-fit:contain;border-radius:4px;background:rgba(128,128,128,.12);display:block}
.batch .number{text-align:right}
.batch small{opacity:.75}
.batch-frame{overflow-x:auto}
</style>"""


@dataclass(frozen=True, eq=False)
class Asked:
    """What was asked, and all answers; kept for one visitor until he asks something else."""

    key: tuple
    predictions: list[Answer]
    skips: SkippedFiles
    matrix: Drawn | None
    right: int
    labelled: int


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """The upload above, what came of it below."""
    with errors.shown():
        files = st.file_uploader(
            "Pictures, or a zip of them",
            type=TYPES,
            accept_multiple_files=True,
            key="batch",
            max_upload_size=UPLOAD_MB,
            help="PNG, JPEG, WebP, GIF, BMP, or zip archives of them. They are looked at and forgotten, not stored.",
        )
        # Always there: an element that only the first run has would push all others along, and the next run would show
        # the table twice until it ends.
        progress = st.empty()
        if not files:
            st.session_state.pop(KEY, None)
            st.caption(
                "Bring many pictures at once. If they lie in folders that are called like the classes, as in a zip "
                "with a folder for each class, you also see how many of the answers are right. This model tells "
                f"apart: {plain(_some(card.classes))}."
            )
            return
        asked = _asked(run, card, files, progress)
        _scores(asked)
        _downloads(run, card, asked)
        _table(card.classes, asked)


def _asked(run: Run, card: ModelCard, files: Sequence[UploadedFile], place: DeltaGenerator) -> Asked:
    """The answers: those that are there, or new ones where the files or the model are others."""
    key = (run.id, run.stamp("model.tflite", "model.json"), tuple(file.file_id for file in files))
    kept = st.session_state.get(KEY)
    if kept is not None and kept.key == key:
        return kept
    if (size := sum(file.size for file in files)) > TOGETHER_MB * 1024**2:
        upload.forget(files)
        raise SourceError(
            f"These files have {size / 1024**2:,.0f} MB together; a batch takes up to {TOGETHER_MB}. They were let go: "
            "bring fewer at once, or bring them as a data set on the Data page."
        )
    classes, skips = card.classes, SkippedFiles()
    with contextlib.ExitStack() as stack:
        questions = batch.of_files(_opened(files, stack), classes, skips)
        bar = stack.enter_context(_progress(len(questions), place))
        predictions = []
        ask, rejection_of = partial(cached.predictions, run, card), partial(_rejection, run, card)
        for answer in batch.answered(questions, ask, card, rejection_of):
            predictions.append(answer)
            if len(predictions) % batch.TOGETHER == 0:
                bar(len(predictions))
    there = [answer for answer in predictions if answer.probabilities is not None]
    labelled = [answer for answer in there if answer.label >= 0]
    table = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(table, ([a.label for a in labelled], [a.predicted for a in labelled]), 1)
    drawn = confusion_matrix.drawn(table, classes) if labelled else None
    asked = Asked(key, predictions, skips, drawn, int(np.trace(table)), len(labelled))
    st.session_state[KEY] = asked
    return asked


def _opened(files: Iterable[UploadedFile], stack: contextlib.ExitStack) -> Iterable[tuple[str, Callable[[], bytes]]]:
    """All files as (path, reader); archives are opened, on the disk, for as long as the stack lives."""
    for file in files:
        if not batch.is_zip(file.getvalue()[:300]):
            yield file.name, file.getvalue
            continue
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="imgcls-batch-"))
        path = Path(folder, "upload")
        path.write_bytes(file.getvalue())
        yield from batch.entries(stack.enter_context(Archive(path, file.name)))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


@contextlib.contextmanager
def _progress(total: int, place: DeltaGenerator):
    place.progress(0.0, f"Asking about {formatting.count(total, 'picture')}")
    try:
        yield lambda done: place.progress(done / total, f"Asked about {done:,} of {formatting.count(total, 'picture')}")
    finally:
        place.empty()


def _scores(asked: Asked) -> None:
    broken = sum(answer.probabilities is None for answer in asked.predictions)
    shown = [Number("Pictures", f"{len(asked.predictions):,}", f"{broken:,} cannot be read" if broken else "all read")]
    if asked.labelled:
        score = confidence_intervals.wilson(asked.right, asked.labelled)
        shown.append(
            Number(
                "Accuracy",
                formatting.fraction(score.value),
                formatting.interval(score),
                "The share of the pictures with a label that were answered right, and its 95% range (Wilson).",
            )
        )
        shown.append(Number("With a label", f"{asked.labelled:,}", "told by the folder's name"))
    metric_row.show(shown)
    if asked.skips.count:
        rows = asked.skips.rows()
        st.caption("Left out: " + "; ".join(f"{row['count']:,} {plain(row['reason'])}" for row in rows[:4]) + ".")
    if not asked.labelled:
        has_labels = any(answer.label >= 0 for answer in asked.predictions)
        why = "No picture with a label can be read" if has_labels else "No folder is called like a class of this model"
        st.caption(f"{why}, so there is nothing to compare the answers with.")


def _downloads(run: Run, card: ModelCard, asked: Asked) -> None:
    with st.container(horizontal=True):
        # Made when the button is pressed; a rerun of the page does not need them.
        st.download_button(
            "CSV",
            partial(batch.to_csv, asked.predictions, card.classes),
            file_name=f"answers-{run.id}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="batch-csv",
        )
        st.download_button(
            "JSON",
            partial(batch.to_json, asked.predictions, card.classes, run.id),
            file_name=f"answers-{run.id}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="batch-json",
        )


def _table(classes: Sequence[str], asked: Asked) -> None:
    """The rows at the left, the matrix at the right where there are labels."""
    place = st.container()
    if asked.matrix is not None:
        place, right = st.columns([3, 2], gap="large")
        with right:
            st.subheader("Confusion matrix", anchor=False, help="A row is a true class, a column an answer.")
            confusion_matrix.show("batch-matrix", asked.matrix, note="The table beside it has each labelled picture.")
    with place:
        options = ["All", *(["Wrong", "Right"] if asked.labelled else []), "Least certain first"]
        chosen = st.segmented_control(
            "Pictures shown",
            options,
            default="Wrong" if 0 < asked.right < asked.labelled else "All",
            required=True,
            key=f"batch-shown-{bool(asked.labelled)}",
            wrap=True,
            label_visibility="collapsed",
        )
        rows = _chosen(asked.predictions, chosen)
        if not rows:
            st.info("No picture to show here.", icon=":material/check_circle:")
            return
        shown = pager.page_of(rows, PER_PAGE, f"batch-page-{chosen}")
        lines = "".join(_row(answer, tuple(classes)) for answer in shown)
        head = "<tr><th></th><th>File</th><th>Label</th><th>Answer</th><th class=number>Probability</th></tr>"
        st.html(f'{STYLE}<div class="batch-frame"><table class="batch">{head}{lines}</table></div>')


def _chosen(predictions: Sequence[Answer], chosen: str) -> Sequence[Answer]:
    if chosen in ("Wrong", "Right"):
        there = (answer for answer in predictions if answer.label >= 0 and answer.probabilities is not None)
        return [answer for answer in there if (answer.predicted == answer.label) == (chosen == "Right")]
    if chosen == "Least certain first":
        there = (answer for answer in predictions if answer.probabilities is not None)
        return sorted(there, key=lambda answer: float(answer.probabilities.max()))
    return predictions


def _rejection(run: Run, card: ModelCard, pixels: np.ndarray) -> str:
    """What is said of the picture in place of its answer where it is alone. Here both are: the answer is counted."""
    rejection = None if card.is_multilabel else prediction.rejection_of(run, card, pixels)
    return rejection.title if rejection else ""


def _row(answer: Answer, classes: tuple[str, ...]) -> str:
    label = html.escape(classes[answer.label]) if answer.label >= 0 else "–"
    name = html.escape(answer.name)
    if answer.probabilities is None:
        reason = html.escape(answer.reason)
        return f"<tr><td></td><td>{name}</td><td>{label}</td><td colspan=2><small>{reason}</small></td></tr>"
    said = html.escape(classes[answer.predicted])
    rejection = f"<br><small>In doubt: {html.escape(answer.rejection)}</small>" if answer.rejection else ""
    sign = "" if answer.label < 0 else "✓ " if answer.label == answer.predicted else "✗ "
    image = f'<img src="{gallery.data_url(answer.thumbnail, is_cached=False)}" alt="">'
    probability = formatting.fraction(float(answer.probabilities.max()))
    return (
        f"<tr><td>{image}</td><td>{name}</td><td>{label}</td><td>{sign}<b>{said}</b>{rejection}</td>"
        f"<td class=number>{probability}</td></tr>"
    )
