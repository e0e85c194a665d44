"""Errors shown to the user.

    UserError             says what happened, what was expected and what to do
        SettingError      a setting is unknown or out of range
        DatasetError      a dataset is missing, damaged or could not be downloaded
        ImageError        a file is not a usable image
        SourceError       an upload (archive, table, folder) cannot be imported as a dataset
        RunError          a run does not exist, is damaged, or has no results yet
        ProbeError        a pre-flight check cannot be run
        WeightsError      pretrained weights are missing, damaged or could not be downloaded
        DamagedFile       an array file cannot be read

Any other exception is a bug: its traceback goes to the log, and the visitor sees one plain sentence.
"""

from pathlib import Path
from typing import Any


class UserError(Exception):
    """A message for the user: one to three plain sentences."""


class SettingError(UserError):
    """A setting is unknown or out of range."""


class DatasetError(UserError):
    """A dataset is missing, damaged or could not be downloaded."""


class ImageError(UserError):
    """A file is not a usable image.

    `reason` is a short explanation with the same wording for all such files, so that they can be counted by reason.
    """

    def __init__(self, message: str, reason: str = "not a readable image"):
        super().__init__(message)
        self.reason = reason


class SourceError(UserError):
    """An upload (archive, table, folder) cannot be imported as a dataset.

    `questions` are those that were asked before it was raised, `findings.Question`: another answer may avoid it.
    """

    questions: tuple[Any, ...] = ()


class RunError(UserError):
    """A run does not exist, is damaged, or has no results yet."""


class ProbeError(UserError):
    """A pre-flight check cannot be run."""


class WeightsError(UserError):
    """Pretrained weights are missing, damaged or could not be downloaded."""


class DamagedFile(UserError):
    """An array file cannot be read; `reason` completes "The file NAME is damaged: …".

    Callers usually replace it by a sentence that says how to get the file again.
    """

    def __init__(self, path: Path, reason: str):
        super().__init__(f"The file {path.name} is damaged: {reason}. Delete it or create it again.")
        self.reason = reason
