"""Batch mode: classify many images, or a zip of them; a table, downloads, and scores if there are labels."""

import contextlib
import html
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.containers.zip_archive import Archive
from imgcls.errors import SourceError
from imgcls.evaluation import golden
from imgcls.evaluation.metrics import confidence_intervals
from imgcls.images.files import checks
from imgcls.inference import batch
from imgcls.inference.batch import Result
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.components import confusion_matrix
from imgcls.ui.components.confusion_matrix import Drawn
from imgcls.ui.predict import batch_example, submission
from imgcls.ui.predict.batch_example import ExampleFile
from imgcls.ui.widgets import formatting, gallery, golden_pin, metric_row, pager, upload
from imgcls.ui.widgets.metric_row import Number

TYPES = (*checks.EXTENSIONS, "zip", "csv")
UPLOAD_MB = 200
TOTAL_MB = 500
"""All files of a batch: they stay in the server's memory until the visitor leaves."""
PER_PAGE = 40
KEY = "batch-results"
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
class BatchResults:
    """The results for the files and the model that `key` identifies; stored for one visitor until either changes."""

    key: tuple
    results: list[Result]
    skipped: SkippedFiles
    matrix: Drawn | None
    correct: int
    labelled: int


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """The upload, and the results below it."""
    with errors.shown():
        files = st.file_uploader(
            "Images, or a zip of images",
            type=TYPES,
            accept_multiple_files=True,
            key="batch",
            max_upload_size=UPLOAD_MB,
            help=f"{checks.FORMATS_TEXT}, or zip archives of them. They are classified and discarded, not stored. The "
            "test.csv of Kaggle's Digit Recognizer becomes a submission.csv.",
        )
        # Always there: an element that only the first run has would shift all others, and the next run would show the
        # table twice until it ends.
        progress = st.empty()
        example: Sequence[ExampleFile] = ()
        if files:
            batch_example.forget()
        else:
            example = batch_example.chosen(run, card)
        if not files and not example:
            st.session_state.pop(KEY, None)
            batch_example.offer(run, card)
            return
        if any(file.name.lower().endswith(submission.SUFFIX) for file in files):
            if len(files) > 1:
                raise SourceError("Upload Kaggle's test.csv alone, or images without a table.")
            submission.show(run, card, files[0], progress)
            return
        results = _results(run, card, files or example, progress)
        _show_scores(results, card.is_multilabel)
        _show_downloads(run, card, results)
        _show_table(card.classes, results)


def _results(
    run: Run, card: ModelCard, files: Sequence[UploadedFile | ExampleFile], place: DeltaGenerator
) -> BatchResults:
    """The stored results, or new ones if the files or the model have changed."""
    key = (run.id, run.stamp("model.tflite", "model.json"), tuple(file.file_id for file in files))
    stored = st.session_state.get(KEY)
    if stored is not None and stored.key == key:
        return stored
    if (size := sum(file.size for file in files)) > TOTAL_MB * 1024**2:
        upload.forget([file for file in files if isinstance(file, UploadedFile)])
        raise SourceError(
            f"These files total {size / 1024**2:,.0f} MB; the limit for a batch is {TOTAL_MB} MB. They were "
            "discarded. Upload fewer at a time, or import them as a dataset on the Data page."
        )
    classes, skipped = card.classes, SkippedFiles()
    with contextlib.ExitStack() as stack:
        items = batch.of_files(_open_files(files, stack), classes, skipped)
        report = stack.enter_context(_progress(len(items), place))
        results = []
        for result in batch.classified(run, card, items, with_thumbnails=True):
            results.append(result)
            if len(results) % batch.STEP == 0:
                report(len(results))
    labelled = [result for result in results if result.is_correct is not None]
    table = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(table, ([r.label for r in labelled], [r.predicted for r in labelled]), 1)
    matrix = confusion_matrix.drawn(table, classes) if labelled else None
    stored = BatchResults(key, results, skipped, matrix, int(np.trace(table)), len(labelled))
    st.session_state[KEY] = stored
    return stored


def _open_files(
    files: Iterable[UploadedFile | ExampleFile], stack: contextlib.ExitStack
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """All files as (path, reader); archives are on disk, open until the stack closes."""
    for file in files:
        if not batch.is_zip(file.getvalue()[:300]):
            yield file.name, file.getvalue
            continue
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="imgcls-batch-"))
        path = Path(folder, "upload")
        path.write_bytes(file.getvalue())
        yield from batch.entries(stack.enter_context(Archive(path, file.name)))


@contextlib.contextmanager
def _progress(total: int, place: DeltaGenerator) -> Iterator[Callable[[int], None]]:
    def report(done: int) -> None:
        place.progress(done / total, f"Classified {done:,} of {formatting.count(total, 'image')}")

    place.progress(0.0, f"Classifying {formatting.count(total, 'image')} …")
    try:
        yield report
    finally:
        place.empty()


def _show_scores(results: BatchResults, is_multilabel: bool) -> None:
    unreadable = sum(result.answer is None for result in results.results)
    numbers = [
        Number("Images", f"{len(results.results):,}", f"{unreadable:,} unreadable" if unreadable else "all were read")
    ]
    if results.labelled:
        score = confidence_intervals.wilson(results.correct, results.labelled)
        numbers.append(
            Number(
                "Accuracy",
                formatting.fraction(score.value),
                formatting.interval(score),
                "The fraction of the labelled images that were classified correctly, with its 95% confidence interval "
                "(Wilson).",
            )
        )
        numbers.append(Number("Labelled", f"{results.labelled:,}", "from the folder name"))
    metric_row.show(numbers)
    if results.skipped.count:
        rows = results.skipped.rows()
        st.caption("Skipped: " + "; ".join(f"{row['count']:,} {plain(row['reason'])}" for row in rows[:4]) + ".")
    if not results.labelled:
        has_labels = any(result.label >= 0 for result in results.results)
        text = "For the accuracy as well, upload a zip in which the images are in folders named after the classes."
        if has_labels:
            text = "No labelled image can be read, so accuracy cannot be computed."
        if is_multilabel:
            text = "An image can have several labels, and a folder names only one, so accuracy cannot be computed."
        st.caption(text)


def _show_downloads(run: Run, card: ModelCard, results: BatchResults) -> None:
    with st.container(horizontal=True):
        # The files are made when a button is pressed; a rerun of the page does not need them.
        st.download_button(
            "CSV",
            partial(batch.to_csv, results.results, card.classes),
            file_name=f"predictions-{run.id}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="batch-csv",
        )
        st.download_button(
            "JSON",
            partial(batch.to_json, results.results, card.classes, run.id),
            file_name=f"predictions-{run.id}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="batch-json",
        )
        wrong = [(one, one.answer) for one in results.results if one.answer is not None and one.is_correct is False]
        golden_pin.button(
            card.data,
            [(card.classes[one.label], f"batch, {one.name}") for one, _ in wrong[: golden.MOST]],
            lambda position: wrong[position][1].pixels,
            key="batch-pin",
            run=run.id,
        )


def _show_table(classes: Sequence[str], results: BatchResults) -> None:
    """The rows on the left, the confusion matrix on the right if there are labels."""
    left = st.container()
    if results.matrix is not None:
        left, right = st.columns([3, 2], gap="large")
        with right:
            st.header("Confusion matrix", anchor=False, help="Rows are true classes, columns are predictions.")
            confusion_matrix.show("batch-matrix", results.matrix, note="The table beside it lists each labelled image.")
    with left:
        options = ["All", *(["Incorrect", "Correct"] if results.labelled else []), "Lowest confidence first"]
        chosen = st.segmented_control(
            "Images shown",
            options,
            default="Incorrect" if 0 < results.correct < results.labelled else "All",
            required=True,
            key=f"batch-shown-{bool(results.labelled)}",
            wrap=True,
            label_visibility="collapsed",
        )
        rows = _filtered(results.results, chosen)
        if not rows:
            st.info("No images match this filter.", icon=":material/check_circle:")
            return
        shown = pager.page_of(rows, PER_PAGE, f"batch-page-{chosen}")
        lines = "".join(_row(result, tuple(classes)) for result in shown)
        head = "<tr><th></th><th>File</th><th>Label</th><th>Prediction</th><th class=number>Confidence</th></tr>"
        st.html(f'{STYLE}<div class="batch-frame"><table class="batch">{head}{lines}</table></div>')


def _filtered(results: Sequence[Result], chosen: str) -> Sequence[Result]:
    if chosen in ("Incorrect", "Correct"):
        return [result for result in results if result.is_correct is (chosen == "Correct")]
    if chosen == "Lowest confidence first":
        answered = [(result.answer.confidence, result) for result in results if result.answer is not None]
        return [result for _, result in sorted(answered, key=lambda pair: pair[0])]
    return results


def _row(result: Result, classes: tuple[str, ...]) -> str:
    label = html.escape(classes[result.label]) if result.label >= 0 else "–"
    name = html.escape(result.name)
    if result.answer is None or result.thumbnail is None:
        problem = html.escape(result.problem)
        return f"<tr><td></td><td>{name}</td><td>{label}</td><td colspan=2><small>{problem}</small></td></tr>"
    # The prediction is shown beside the warning, because the accuracy counts it.
    warning = f"<br><small>{html.escape(result.warning)}</small>" if result.warning else ""
    sign = {None: "", True: "✓ ", False: "✕ "}[result.is_correct]
    image = f'<img src="{gallery.data_url(result.thumbnail, is_cached=False)}" alt="">'
    prediction = html.escape(result.prediction)
    return (
        f"<tr><td>{image}</td><td>{name}</td><td>{label}</td><td>{sign}<b>{prediction}</b>{warning}</td>"
        f"<td class=number>{formatting.fraction(result.answer.confidence)}</td></tr>"
    )
