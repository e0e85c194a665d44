"""What a person reads of a training that failed. The details are in the run's log."""

import errno

OUT_OF_MEMORY = "This training needs more memory than the machine has. Try a smaller batch, model or set of pictures."
MAKE_ROOM = "Free some space and resume it."
DISK_IS_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def sentence(error: Exception) -> str:
    """What happened, and what to do, for an error that nobody expected."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return OUT_OF_MEMORY
    if isinstance(error, OSError) and error.strerror:
        hint = f" {MAKE_ROOM}" if error.errno in DISK_IS_FULL else ""
        return f"The run could not be written: {error.strerror}.{hint}"
    return "Training ended by an error in the program. The details are in the run's log.txt."
