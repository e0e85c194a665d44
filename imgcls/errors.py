"""Errors that a person sees.

    UserError             says what happened, what was expected and what to do
        SettingError      a setting is unknown or out of its range
        DatasetError      a data set is missing, damaged or could not be fetched
        PictureError      a file is not a picture that can be used
        SourceError       what somebody brought cannot become a data set
        RunError          a run does not exist, is damaged, or has nothing to show yet
        ProbeError        a check before the start cannot be made
        WeightsError      the weights of a trained network are missing, damaged or could not be fetched

Anything else that is raised is a bug: it keeps its traceback in the log and a visitor sees one plain sentence.
"""


class UserError(Exception):
    """A message for the person in front of the screen: one to three plain sentences."""


class SettingError(UserError):
    """A setting is unknown or out of its range."""


class DatasetError(UserError):
    """A data set is missing, damaged or could not be fetched."""


class ImageError(UserError):
    """A file is not a picture that can be used.

    `reason` says why in a few words that are the same for all such files, so that many can be told together.
    """

    def __init__(self, message: str, reason: str = "not a picture that can be read here"):
        super().__init__(message)
        self.reason = reason


class SourceError(UserError):
    """What somebody brought (an archive, a table, a folder) cannot become a data set."""


class RunError(UserError):
    """A run does not exist, is damaged, or has nothing to show yet."""


class ProbeError(UserError):
    """A check before the start cannot be made."""


class WeightsError(UserError):
    """The weights of a trained network are missing, damaged or could not be fetched."""
