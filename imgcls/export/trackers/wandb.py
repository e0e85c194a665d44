"""Weights & Biases, offline: a folder that `wandb sync` uploads whenever you like. Nothing is sent."""

import os
from pathlib import Path

from imgcls.errors import RunError
from imgcls.export.trackers import history
from imgcls.runs import Run

EXTRA = ("wandb", ("wandb",))


def log(run: Run, folder: Path, project: str, *, follow: bool = False) -> Path:
    """Writes a run of Weights & Biases below a folder and returns its folder.

    Raises:
        RunError: it cannot be written.
    """
    os.environ["WANDB_SILENT"] = "true"
    import wandb

    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Neither code nor the git state nor what the machine does: only what the run says.
        quiet = wandb.Settings(
            silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True, x_disable_meta=True
        )
        logged = wandb.init(
            mode="offline",
            dir=str(folder),
            project=project,
            name=run.label,
            config=history.settings(run),
            settings=quiet,
        )
        last = -1
        try:
            for point in history.points(run, follow=follow):
                if point.step >= last:  # W&B drops earlier steps
                    logged.log(point.values, step=point.step)
                    last = point.step
            logged.summary.update(history.scores(run))
            return Path(logged.dir).parent
        finally:
            logged.finish()
    except (OSError, wandb.Error) as error:
        raise RunError(f"The run could not be written for Weights & Biases: {error}.") from error
