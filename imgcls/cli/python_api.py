"""The Python API for scripts and notebooks; `import imgcls` offers these names without importing anything heavy.

>>> import imgcls
>>> "digits" in imgcls.list_datasets()
True
>>> imgcls.load_dataset("digits").x_train.shape  # prepared on first use
(1437, 8, 8, 1)

run = imgcls.train(data="digits", model="cnn", epochs=3)
run.predict("photo.png").prediction
"""

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcls import datasets, jobs, models, runs
from imgcls.charts import run_figures
from imgcls.cli import progress_bar
from imgcls.cli.own_values import log_metrics as log_metrics
from imgcls.cli.own_values import logged_metrics as logged_metrics
from imgcls.cli.own_values import notify as notify
from imgcls.config import PARAMS, Config
from imgcls.datasets import Dataset
from imgcls.errors import RunError, SettingError
from imgcls.evaluation import comparison, image_files, predictions, report
from imgcls.evaluation.image_files import FileScores
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.export import exporting, formats, records
from imgcls.inference import Answer, answering
from imgcls.inference.preparing import Source
from imgcls.runs import Run
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


def list_datasets() -> list[str]:
    """The names of all datasets, your own included."""
    return list(datasets.names())


def load_dataset(name: str) -> Dataset:
    """A dataset with its arrays `x_train`, `y_train`, `x_test` and `y_test`; it is prepared first if necessary.

    Raises:
        DatasetError: there is no such dataset, or it cannot be downloaded.
    """
    if not datasets.is_ready(name):
        datasets.prepare(name)
    return datasets.open_dataset(name)


def import_images(path: str | Path, title: str, **settings: Any) -> str:
    """Turns a zip archive, a folder or a CSV file into a dataset and returns its name.

    `settings`: of `imgcls.datasets.importing.execution.execute.import_dataset`, such as `size=64`.

    Raises:
        SourceError: it cannot be imported.
        DatasetError: the title is empty or in use.
        SettingError: a setting is unknown or not one of the choices.
    """
    from imgcls.datasets.importing import sources
    from imgcls.datasets.importing.execution import execute

    known = ("note", "into", "size", "channels", "fit", "progress", *execute.SPLIT_SETTINGS)
    if unknown := sorted(set(settings) - set(known)):
        raise SettingError(f"There is no setting '{unknown[0]}' for an import. Available: {', '.join(known)}.")
    return execute.import_dataset(sources.of_file(Path(path).absolute()), title=title, **settings).name


def train(
    data: str = "mnist_sample", model: str = "cnn", *, name: str = "", wait: bool = True, **settings: Any
) -> ModelRun:
    """Trains a model in a process of its own, in turn with other training runs.

    `settings` are those of `imgcls train --help` with underscores, such as `epochs=3` or, for a CNN, `filters=32`.
    With `wait=False` the run is returned at once.

    Raises:
        SettingError: a setting is unknown or out of range.
        DatasetError: the dataset cannot be prepared.
        RunError: the training failed.
    """
    general = {param.name for param in PARAMS}
    family = {param.name for param in models.params(model)}
    if unknown := sorted(set(settings) - general - family):
        raise SettingError(f"There is no setting '{unknown[0]}' for the model '{model}'. See: imgcls train --help")
    config = Config().changed(
        data=data,
        model=model,
        model_settings={key: value for key, value in settings.items() if key in family},
        **{key: value for key, value in settings.items() if key not in family},
    )
    if not datasets.is_ready(data):
        datasets.prepare(data)
    run = ModelRun(jobs.begin(config, name))
    return run.wait() if wait else run


def list_runs() -> list[ModelRun]:
    """All runs, the newest first."""
    return [ModelRun(run) for run in runs.all_runs()]


def load_run(run: str) -> ModelRun:
    """The run with this ID or in this folder, such as "digits", which ships with the package.

    Raises:
        RunError: there is none.
    """
    return ModelRun(runs.run_from_argument(run))


def compare(first: ModelRun | str, second: ModelRun | str) -> Comparison:
    """Is the second run better than the first? A paired comparison on the test images of both;
    multi-label runs by exact match. A run may be given by its ID.

    Raises:
        RunError: there is no such run, or they were tested on different images.
    """
    return comparison.compare(_run_of(first), _run_of(second)).paired


def _run_of(given: ModelRun | str) -> Run:
    return given._run if isinstance(given, ModelRun) else runs.run_from_argument(str(given))


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
