"""Error messages for a failed training. The details are in the run's log."""

import contextlib
import traceback

from imgcls.system import atomic

OUT_OF_MEMORY = (
    "Out of memory: this run needs more than the machine has. Try a smaller batch size, a smaller model or fewer "
    "images."
)
FREE_SPACE = "Free some disk space and resume the run."


def print_traceback() -> None:
    """Print the exception that is being handled; nothing if the disk with the log is full."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def is_out_of_memory(error: Exception) -> bool:
    """Whether there was no memory left, here or on a GPU."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"  # TensorFlow's


def message(error: Exception) -> str:
    """What happened and what to do, for an unexpected error."""
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, OSError) and error.strerror:
        hint = f" {FREE_SPACE}" if atomic.is_full(error) else ""
        return f"The run could not be written: {error.strerror}.{hint}"
    return "The training failed because of an unexpected error. The details are in log.txt in the run's folder."
