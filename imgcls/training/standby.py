"""A trainer that waits for its run with TensorFlow imported: that hides the seconds of the import."""

import json
import os
import sys
from pathlib import Path

from imgcls.system import processes


def waited() -> str | None:
    """Imports everything, waits for one line on standard input that names a run folder, and returns it.

    From then on everything printed goes into the run's log. None if the queue has gone meanwhile.
    """
    processes.lower_priority()
    _warm_up()
    line = sys.stdin.readline()
    try:
        folder = json.loads(line)["folder"]
    except (ValueError, KeyError, TypeError):
        return None
    log = os.open(Path(folder, "log.txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    return folder


def _warm_up() -> None:
    """Imports, and one step of a tiny network: the first one of a process takes longest."""
    import keras
    import numpy as np

    from imgcls.config import Config
    from imgcls.training import model_builder
    from imgcls.training.loop import steps

    config = Config(model="cnn", model_settings={"filters": 4, "units": 8})
    images = np.zeros((2, 28, 28, 1), np.uint8)
    model = model_builder.build(config, (28, 28, 1), 10, images, learns=True)
    step, judge = steps.compiled(config, model, steps.optimizer_of(config))
    step(images, np.zeros(2, np.int32))
    judge(images, np.zeros(2, np.int32))
    keras.utils.clear_session()
