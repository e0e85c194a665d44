"""A batch that does not fit into the memory of a GPU is halved until it does; the run records the size it used."""

from imgcls.config import Config
from imgcls.runs import Run, trials
from imgcls.system import atomic
from imgcls.training.process import failures

LEAST = 8
NOTICE = "A larger batch did not fit into the GPU's memory, so the run was trained with a batch size of {}."


def with_half_the_batch(run: Run, config: Config, error: Exception) -> Config:
    """The settings of a run with half the batch size, which become its own.

    Raises:
        Exception: `error` itself, where that is no remedy: on a CPU, after a checkpoint, for a trial or an attempt at
            an assignment, whose settings are what is compared, and below the smallest batch.
    """
    if not failures.is_out_of_memory(error):
        raise error
    import tensorflow as tf

    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    if not has_gpu or config.batch_size < 2 * LEAST or trials.is_spared(run) or run.can_resume:
        raise error
    reduced = config.changed(batch_size=config.batch_size // 2)
    atomic.write_json(run.folder / "config.json", reduced.as_dict())
    return reduced
