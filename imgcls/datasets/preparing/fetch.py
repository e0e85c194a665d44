"""The background task that prepares a dataset: a page starts it, any page can watch it."""

from functools import partial

from imgcls import sharing
from imgcls.datasets import store
from imgcls.datasets.lookup import facts
from imgcls.errors import DatasetError
from imgcls.sharing import Action
from imgcls.system.tasks import Task, TaskState

FIRST = "Preparing the images"


def task_of(name: str) -> Task:
    """The task that prepares this dataset."""
    ready = partial(store.is_ready, name)
    return Task(store.all_folder(), name, f"{name}/dataset.json", ready=ready, first=FIRST)


def start_fetch(name: str) -> None:
    """Start the process that prepares the dataset. Does nothing if it is running or the dataset is ready.

    Raises:
        DatasetError: It cannot be started.
    """
    _require(name)
    try:
        task_of(name).start("imgcls.datasets", name)
    except OSError as error:
        raise DatasetError(
            f"{facts(name).title} cannot be prepared: {store.all_folder()}: {error.strerror or error}. "
            "Set IMGCLS_CACHE to a writable folder."
        ) from error


def fetch_state(name: str) -> TaskState:
    """How far the preparation is, whichever process started it."""
    return task_of(name).state()


def cancel_fetch(name: str) -> None:
    """Cancel the preparation, if it is running, and forget an earlier error."""
    _require(name)
    task_of(name).cancel()


def _require(name: str) -> None:
    """Raises NotAllowed, except for datasets that come with the program: preparing one takes seconds."""
    if facts(name).source != "bundled":
        sharing.require(Action.PREPARE_DATASET)
