"""TensorBoard: event files with curves, settings and scores. tensorboardX writes them without importing TensorFlow."""

import json
from pathlib import Path

from imgcls.errors import RunError
from imgcls.export.trackers import history
from imgcls.runs import Run

EXTRA = ("tensorboard", ("tensorboardX",))


def log(run: Run, folder: Path, *, follow: bool = False) -> int:
    """Writes an event file into a folder and returns the number of values on the curves.

    Raises:
        RunError: the folder has event files already, or cannot be written.
    """
    from tensorboardX import SummaryWriter
    from tensorboardX.summary import hparams

    if folder.is_file() or (folder.is_dir() and any(folder.glob("events.out.tfevents.*"))):
        raise RunError(f"{folder} has event files already, and TensorBoard would show both. Choose another folder.")
    count = 0
    try:
        with SummaryWriter(str(folder)) as writer:
            settings = history.settings(run)
            writer.add_text("settings", f"```\n{json.dumps(settings, ensure_ascii=False, indent=1)}\n```")
            for point in history.points(run, follow=follow):
                for name, value in point.values.items():
                    writer.add_scalar(name, value, point.step, point.time)
                    count += 1
                if follow:
                    writer.flush()
            scores = {f"score/{name}": value for name, value in history.scores(run).items()}
            for name, value in scores.items():
                writer.add_scalar(name, value, 0)
            plain = {name: value for name, value in settings.items() if isinstance(value, bool | int | float | str)}
            for summary in hparams(plain, scores):  # in the same run; `add_hparams` would add another one
                writer.file_writer.add_summary(summary)
    except OSError as error:
        raise RunError(f"{folder} could not be written: {error.strerror or error}.") from error
    return count
