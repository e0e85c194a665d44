"""A standby trainer: imports TensorFlow in advance and then waits for a run, which hides the seconds of the import."""

import json
import os
import sys
from pathlib import Path

from imgcls.system import processes
from imgcls.training import keras_import


def wait_for_run() -> str | None:
    """Imports everything, waits for one line on standard input that names a run folder, and returns that folder.

    Afterwards everything printed goes to the run's log. None if the queue has ended meanwhile.
    """
    processes.lower_priority()
    _warm_up()
    line = sys.stdin.readline()
    try:
        folder = json.loads(line)["folder"]
    except (ValueError, KeyError, TypeError):
        return None
    log_to(Path(folder))
    return folder


def log_to(folder: Path) -> None:
    """From now on, everything printed goes to the log of this run."""
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)


def _warm_up() -> None:
    """Imports everything and runs one step of a tiny network, because the first step of a process is slow."""
    keras_import.load()
    import keras
    import numpy as np

    from imgcls.config import Config
    from imgcls.training import model_builder
    from imgcls.training.loop import steps

    config = Config(model="cnn", model_settings={"filters": 4, "units": 8})
    images = np.zeros((2, 28, 28, 1), np.uint8)
    model = model_builder.build(config, (28, 28, 1), 10, images, for_training=True)
    train_step, eval_step = steps.compile_steps(config, model, steps.optimizer_of(config))
    train_step(images, np.zeros(2, np.int32))
    eval_step(images, np.zeros(2, np.int32))
    keras.utils.clear_session()
