"""The background task that downloads weights: a page starts it, any page can watch it."""

from pathlib import Path

from imgcls import sharing
from imgcls.errors import WeightsError
from imgcls.models.backbones import Network
from imgcls.models.weights import files
from imgcls.sharing import Action
from imgcls.system.tasks import Task, TaskState


def task_of(network: Network) -> Task:
    """The task that downloads the weights of this network."""
    path = files.fetched_path(network)
    return Task(path.parent, path.stem, path.name, ready=lambda: files.local_file(network) is not None)


def working_folder(network: Network) -> Path:
    """Where the process keeps an incomplete download."""
    path = files.fetched_path(network)
    return path.parent / f".fetch-{path.stem}"


def start_fetch(network: Network) -> None:
    """Start the download. Does nothing if it is running or the weights are on this machine.

    Raises:
        WeightsError: It cannot be started.
    """
    sharing.require(Action.FETCH_WEIGHTS)
    task = task_of(network)
    try:
        task.start("imgcls.training.transfer.download_weights", network.title)
    except OSError as error:
        raise WeightsError(
            f"The weights cannot be downloaded to {task.folder}: {error.strerror or error}. Free some space there, or "
            "set IMGCLS_CACHE to a writable folder."
        ) from error


def fetch_state(network: Network) -> TaskState:
    """How far the download is, whichever process started it."""
    return task_of(network).state()


def cancel_fetch(network: Network) -> None:
    """Cancel the download, if it is running, and forget an earlier error."""
    sharing.require(Action.FETCH_WEIGHTS)
    task_of(network).cancel()
