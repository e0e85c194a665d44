"""The background task that makes what the pages need to explain a run's model.

`python -m imgcls.training.export.explain_data RUN` does the work. A trainer does the same under the same lock at the
end of each new run, so only older runs need the task.
"""

from imgcls import runs, sharing
from imgcls.errors import RunError
from imgcls.inference import served_model
from imgcls.inference.activations import FILES
from imgcls.runs import Run
from imgcls.sharing import Action
from imgcls.system.tasks import Task, TaskState


def task_of(run: Run) -> Task:
    """The task that makes a run's explanation data."""
    return Task(run.folder, "inside", FILES[0])


def state(run: Run) -> TaskState:
    """The current state, whichever process makes the data."""
    task = task_of(run)
    current = task.state()
    if current.state == "idle" and task.is_held:
        return TaskState("running", 0.5, "The trainer is still writing the explanation data")
    return current


def start(run: Run) -> None:
    """Start the process that makes the data, again if it exists. Does nothing while the task is running.

    Raises:
        RunError: The process cannot be started.
    """
    sharing.require(Action.COMPUTE, run.folder)
    run = runs.writable(run)
    try:
        current = state(run)
        if current.state == "running":
            return
        if current.state == "ready":
            remove_files(run)
        task_of(run).start("imgcls.training.export.explain_data", str(run.folder))
    except OSError as error:
        raise RunError(
            f"The explanation data cannot be computed: {error.strerror or error}. Free some space and try again."
        ) from error


def remove_files(run: Run) -> None:
    """Remove the data of a model that is about to be replaced."""
    for name in (*FILES, *served_model.FILES):
        (run.folder / name).unlink(missing_ok=True)
