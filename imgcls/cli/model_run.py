"""A run in the Python API."""

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcls import runs
from imgcls.charts import run_figures
from imgcls.cli import progress_bar
from imgcls.errors import RunError
from imgcls.evaluation import comparison, image_files, predictions, report
from imgcls.evaluation.image_files import FileScores
from imgcls.export import exporting, formats, records
from imgcls.inference import Answer, answering
from imgcls.inference.preparing import Source
from imgcls.runs import Run, store
from imgcls.runs.annotations import notes, own_metrics
from imgcls.runs.metrics_log import Curves
from imgcls.system import atomic

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

POLL_SECONDS = 0.5


class ModelRun:
    """A run: a trained model with its settings and all its results. It appears in the app like any other."""

    def __init__(self, run: Run):
        self._run = run

    def __repr__(self) -> str:
        return f"ModelRun({self.id!r}, {self.state})"

    @property
    def id(self) -> str:
        """The name of the run's folder, such as "digits"."""
        return self._run.id

    @property
    def state(self) -> str:
        """Such as "running", "finished" or "failed"."""
        return self._run.state

    @property
    def name(self) -> str:
        """What the app calls the run."""
        return self._run.label

    @property
    def settings(self) -> Mapping[str, Any]:
        """All settings by their names, those of the model among them; empty if they cannot be read."""
        return store.settings(self._run)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the run, without capital letters."""
        return notes.read(self._run).tags

    @property
    def note(self) -> str:
        """The note on the run; "" if there is none."""
        return notes.read(self._run).note

    @property
    def metrics(self) -> Mapping[str, float]:
        """The last value of each of your own metrics; `imgcls.logged_metrics` has all values."""
        return own_metrics.read(self._run).last()

    @property
    def result(self) -> Mapping[str, Any]:
        """Outcome and scores; empty while it trains."""
        return self._run.result or {}

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the model's probabilities."""
        return self._run.card.classes

    @property
    def history(self) -> "pd.DataFrame":
        """Loss, accuracy and learning rate after each epoch, training and validation."""
        import pandas as pd

        columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
        values = Curves(self._run.folder / "metrics.jsonl").refresh().series("epochs", *columns)
        return pd.DataFrame(dict(zip(columns, values, strict=True)))

    def wait(self) -> "ModelRun":
        """Waits until the training has ended, with a progress line in a terminal or a notebook.

        Raises:
            RunError: it failed, or was interrupted.
        """
        curves = Curves(self._run.folder / "metrics.jsonl")
        shown = ""
        while (state := self._run.state) not in runs.ENDED:
            line = progress_bar.training_state(curves.refresh(), state)
            if line != shown:
                print(f"\r{line:60}", end="", flush=True)
                shown = line
            time.sleep(POLL_SECONDS)
        if shown:
            print(f"\r{'':60}\r", end="", flush=True)
        if state in ("failed", "lost", "damaged"):
            raise RunError(str(self.result.get("message") or f"The training of {self.id} ended: it is {state}."))
        return self

    def predict(self, images: Source | Sequence[Source]) -> Answer | list[Answer]:
        """The prediction for one image (path, bytes, PIL image or uint8 array).

        For a list of images, or an array (n, height, width, channels), a list of predictions.

        Raises:
            ImageError: an image cannot be read.
        """
        if isinstance(images, np.ndarray) and images.ndim == 4:
            images = list(images)
        if isinstance(images, list | tuple):
            card = self._run.card
            return [answering.answer(self._run, image, card=card) for image in images]
        return answering.answer(self._run, images)  # type: ignore[arg-type]

    def evaluate(self, images: str | Path) -> FileScores:
        """The accuracy on image files, in a folder or zip with one subfolder per class, or on the test images of a
        dataset, such as "mnist_sample".

        Raises:
            SourceError: there is no such folder or dataset, or it has no images of the run's classes.
        """
        return image_files.evaluate_on(self._run, str(images))

    def errors(self) -> "pd.DataFrame":
        """The test images that are predicted incorrectly, the most confident errors first. Single-label runs only."""
        import pandas as pd

        found = self._single_label()
        rows = found.worst_first[~found.is_right[found.worst_first]]
        return pd.DataFrame(
            {
                "image": found.indices[rows],
                "label": [found.names[label] for label in found.labels[rows]],
                "prediction": [found.names[label] for label in found.predicted[rows]],
                "confidence": found.confidence[rows],
            }
        )

    def confusion_matrix(self) -> "go.Figure":
        """The confusion matrix of the test set as a Plotly figure; see `figures`. Single-label runs only."""
        return run_figures.confusion_matrix(self._single_label())

    def figures(self) -> "dict[str, go.Figure]":
        """All figures of the run by name, such as "loss", "confusion_matrix" or "reliability".

        `.write_image("matrix.pdf")` saves a Plotly figure as PNG, SVG or PDF. It needs the extra `imgcls[figures]`, and
        Chrome or Chromium.
        """
        return run_figures.figures(self._run)

    def export(self, format: str, path: str | Path | None = None) -> Path:
        """Writes the model in a format such as "onnx" or "litert-dynamic", verified, and returns the file's path.

        By default, or if `path` is a folder, the file is named after run and format.

        Raises:
            SettingError: there is no such format.
            RunError: the file does not match the run's predictions, a package is missing, or it cannot be written.
        """
        chosen = formats.find(format)
        name = chosen.__name__.rpartition(".")[2]
        run, record = self._run, records.read(self._run, name)
        if record is None or not record.is_offered:
            run = runs.writable(run)
            exporting.export_now(run, [name], lambda fraction, text: None)
            record = records.read(run, name)
        if record is None or record.problem:
            raise RunError(f"{chosen.TITLE} was not exported. {record.problem if record else 'The run was changed.'}")
        with _written(path, record.file) as (target, aside):
            shutil.copyfile(records.file_of(run, name), aside)
        return target

    def report(self, path: str | Path | None = None) -> Path:
        """Writes the report, one HTML file, and returns its path.

        Raises:
            RunError: the run has no test predictions, or the file cannot be written.
        """
        found = comparison.decided(self._run)
        with _written(path, f"{self.id}.html") as (target, aside):
            aside.write_bytes(report.page(self._run, found).encode("utf-8", "replace"))
        return target

    def _single_label(self) -> predictions.Predictions:
        found = predictions.read(self._run)
        if found.is_multilabel:
            raise RunError("This run is multi-label. Use report() for its scores.")
        return found


@contextlib.contextmanager
def _written(path: str | Path | None, name: str) -> Iterator[tuple[Path, Path]]:
    """The file to write, called `name` unless `path` names a file, and a temporary path that becomes this file."""
    target = Path(path or name)
    if target.is_dir():
        target /= name
    try:
        with atomic.replacing(target) as aside:
            yield target, aside
    except OSError as error:
        raise RunError(f"{target} could not be written: {error.strerror or error}.") from error
