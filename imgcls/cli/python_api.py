"""The Python API for scripts and notebooks; `import imgcls` offers these names without importing anything heavy.

>>> import imgcls
>>> "digits" in imgcls.list_datasets()
True
>>> imgcls.load_dataset("digits").x_train.shape  # prepared on first use
(1437, 8, 8, 1)

run = imgcls.train(data="digits", model="cnn", epochs=3)
run.predict("photo.png").prediction
"""

from pathlib import Path
from typing import Any

from imgcls import datasets, jobs, models, runs
from imgcls.cli.model_run import ModelRun as ModelRun
from imgcls.cli.own_values import log_metrics as log_metrics
from imgcls.cli.own_values import logged_metrics as logged_metrics
from imgcls.cli.own_values import notify as notify
from imgcls.config import PARAMS, Config
from imgcls.datasets import Dataset
from imgcls.errors import SettingError
from imgcls.evaluation import comparison
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.runs import Run, index


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


def list_runs(matching: str = "") -> list[ModelRun]:
    """All runs, or those that match a filter such as "model=cnn test>0.9" (see `imgcls runs --help`), the newest first.

    Raises:
        SettingError: the filter is invalid.
    """
    return [ModelRun(run) for run in index.matching(matching, runs.all_runs())]


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
