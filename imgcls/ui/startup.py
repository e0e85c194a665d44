"""What happens once, when the server starts."""

import gc
import logging

from imgcls import datasets, jobs

DEFAULT_DATA = "mnist_sample"


def begin() -> None:
    """Sweeps the folder of runs, and prepares the default data set, in a process of its own, for the first Start."""
    logging.getLogger("imgcls").setLevel(logging.INFO)
    jobs.sweep()
    try:
        if not datasets.is_ready(DEFAULT_DATA):
            datasets.start_fetch(DEFAULT_DATA)
    except Exception:
        # The pages offer the same again and tell what is wrong; a server that starts is worth more.
        logging.getLogger(__name__).exception("The default data set could not be prepared at the start.")
    # What was imported until now stays for good: the collector need not look at it after every rerun.
    gc.freeze()
