"""The inside of a run that has none yet, as older ones: asked for by a page, made by a process of its own, watched.

`python -m imgcls.training.export.explain_data RUN` does the work; a trainer does the same, under the same lock, at the end of each
new run.
"""

from imgcls.errors import RunError
from imgcls.inference.activations import FILES
from imgcls.runs import Run
from imgcls.system.tasks import Look, Work


def work_of(run: Run) -> Work:
    """The making of a run's inside."""
    return Work(run.folder, "inside", FILES[0])


def look(run: Run) -> Look:
    """How far it is, whoever has asked for it."""
    work = work_of(run)
    seen = work.look()
    if seen.state == "idle" and work.is_held:
        return Look("running", 0.5, "Its trainer is still writing down what it has learnt")
    return seen


def start(run: Run) -> None:
    """Starts the process that makes the inside of a run, anew where there is one; does nothing while it runs.

    Raises:
        RunError: it cannot be started.
    """
    try:
        seen = look(run)
        if seen.state == "running":
            return
        if seen.state == "ready":
            forget(run)
        work_of(run).start("imgcls.training.export.explain_data", str(run.folder))
    except OSError as error:
        raise RunError(
            f"The model cannot be looked into: {error.strerror or error}. Free some space and try again."
        ) from error


def forget(run: Run) -> None:
    """Takes away what belongs to a model that is going to be replaced."""
    for name in FILES:
        (run.folder / name).unlink(missing_ok=True)
