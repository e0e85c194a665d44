"""Kaggle's Digit Recognizer in batch mode: its `test.csv` becomes a `submission.csv`, as with `imgcls predict`."""

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from imgcls.errors import SourceError
from imgcls.inference.batch import submission
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.widgets import formatting

SUFFIX = ".csv"
KEY = "batch-submission"
STEP = 1_000


@dataclass(frozen=True)
class Submission:
    """The file for Kaggle, made of what `key` identifies: `count` predictions."""

    key: tuple
    content: bytes
    count: int


def show(run: Run, card: ModelCard, table: UploadedFile, place: DeltaGenerator) -> None:
    """The download, once all rows are classified; `place` shows the progress.

    Raises:
        SourceError: the file is not such a table, or its images do not fit the model.
        RunError: the run has no model, or it is damaged.
    """
    key = (run.id, run.stamp("model.tflite", "model.json"), table.file_id)
    made = st.session_state.get(KEY)
    if made is None or made.key != key:
        if card.is_multilabel:
            raise SourceError("A submission needs a model with one class per image. Choose another run.")
        made = st.session_state[KEY] = _made(key, run, card, table, place)
    st.success(f"{formatting.count(made.count, 'prediction')} for Kaggle's Digit Recognizer.", icon=":material/check:")
    st.download_button(
        "submission.csv",
        made.content,
        file_name="submission.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="submission-csv",
        type="primary",
    )


def _made(key: tuple, run: Run, card: ModelCard, table: UploadedFile, place: DeltaGenerator) -> Submission:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(submission.HEADER)
    count = 0
    with tempfile.TemporaryDirectory(prefix="imgcls-batch-") as folder:
        path = Path(folder, "test.csv")  # the name in messages; that of an upload never becomes a path
        path.write_bytes(table.getvalue())
        place.progress(0.0, "Classifying …")
        try:
            for count, label in enumerate(submission.labels(run, card, path), 1):
                rows.writerow((count, label))
                if count % STEP == 0:
                    place.progress(1 - STEP / (STEP + count), f"Classified {count:,} rows")
        finally:
            place.empty()
    return Submission(key, text.getvalue().encode("utf-8"), count)
