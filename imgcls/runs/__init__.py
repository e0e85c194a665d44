"""The run folder: one reader for each of its files."""

from imgcls.runs.run import Run as Run
from imgcls.runs.store import *  # noqa: F403
