"""`imgcls tensorboard`, `imgcls mlflow` and `imgcls wandb`: a run in other experiment trackers."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.export import trackers
from imgcls.export.trackers import mlflow as to_mlflow
from imgcls.export.trackers import tensorboard as to_tensorboard
from imgcls.export.trackers import wandb as to_wandb
from imgcls.runs import Run

RunArgument = Annotated[str, Parameter(help="A run folder or a run ID.")]
Follow = Annotated[
    bool,
    Parameter(
        name="--follow",
        negative="",
        show_default=False,
        help="Keep writing until the training ends.",
    ),
]


def tensorboard(
    run: Annotated[list[str], Parameter(name="RUNS", help="Run folders or run IDs.")],
    /,
    *,
    out: Annotated[Path, Parameter(help="The folder to write to: one subfolder per run.")] = Path("tensorboard"),
    follow: Follow = False,
) -> None:
    """Write runs as event files for TensorBoard.

    Example: imgcls tensorboard digits my-run && tensorboard --logdir tensorboard
    """
    trackers.check_installed(to_tensorboard)
    found = [_found(one) for one in run]
    if follow and len(found) > 1:
        raise exit_codes.CommandError("--follow follows one run.", exit_codes.USAGE)
    for one in found:
        count = to_tensorboard.log(one, out / one.id, follow=follow)
        print(f"{out / one.id}: {count:,} values.")
    print(f"Open them with: tensorboard --logdir {out}")


def mlflow(
    run: RunArgument,
    /,
    *,
    tracking_uri: Annotated[str, Parameter(help="Address of the MLflow server, such as http://localhost:5000.")],
    experiment: Annotated[str, Parameter(help="Experiment on the server; it is created if there is none.")] = "imgcls",
    follow: Follow = False,
) -> None:
    """Log a run to an MLflow server: settings, curves, scores, the report and the models.

    A token or a user and password are read from MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and
    MLFLOW_TRACKING_PASSWORD.

    Example: imgcls mlflow digits --tracking-uri http://localhost:5000
    """
    address, problem = to_mlflow.log(_found(run), tracking_uri, experiment, follow=follow)
    print(address)
    if problem:
        print(problem)


def wandb(
    run: RunArgument,
    /,
    *,
    out: Annotated[Path, Parameter(help="The folder to write to.")] = Path(),
    project: Annotated[str, Parameter(help="Project in Weights & Biases.")] = "imgcls",
    follow: Follow = False,
) -> None:
    """Write a run for Weights & Biases, offline. Nothing is sent.

    Example: imgcls wandb digits && wandb sync wandb/offline-run-*
    """
    trackers.check_installed(to_wandb)
    folder = to_wandb.log(_found(run), out, project, follow=follow)
    print(f"Upload it with: wandb sync {folder}")


def _found(argument: str) -> Run:
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        return runs.run_from_argument(argument)
