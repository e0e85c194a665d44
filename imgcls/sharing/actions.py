"""Everything that the product does and that somebody may be refused. A new feature that changes something is added.

The rules are in `permissions`; the table in tests/sharing/test_permissions.py has a line for each action.
"""

from enum import StrEnum


class Action(StrEnum):
    """The value completes the sentence "You may not …"."""

    # What somebody sees
    VIEW_RUN = "see this run"
    VIEW_DATASET = "see this dataset"
    # New work
    START_RUN = "train models"
    CHECK_SETTINGS = "run pre-flight checks"
    IMPORT_DATASET = "import images"
    IMPORT_MODEL = "import models"
    SAVE_DRAWING = "save drawings"
    COMPUTE = "compute results of this run"
    EXPORT_RUN = "export this model"
    ANALYSE_DATASET = "analyse this dataset"
    START_STUDY = "start studies"
    SAVE_VIEW = "save views of the runs"
    # What already belongs to somebody
    RESUME_RUN = "resume this run"
    STOP_RUN = "stop this run"
    PAUSE_RUN = "pause this run"
    TUNE_RUN = "change the settings of this run"
    MOVE_RUN = "move this run in the queue"
    RENAME_RUN = "rename this run"
    PIN_IMAGES = "pin images to this run"
    TAG_IMAGES = "tag images of this run"
    REVIEW_LABELS = "review labels with this run"
    DELETE_RUN = "delete this run"
    RESTORE_RUN = "restore this run"
    SHARE_RUN = "choose who sees this run"
    ADD_IMAGES = "add images to this dataset"
    DESCRIBE_DATASET = "rename this dataset"
    EDIT_LABELS = "edit the labels of this dataset"
    DELETE_DATASET = "delete this dataset"
    SHARE_DATASET = "choose who sees this dataset"
    SEE_LOG = "read the log of this run"
    STOP_STUDY = "stop this study"
    EXTEND_STUDY = "add trials to this study"
    RENAME_STUDY = "rename this study"
    DELETE_STUDY = "delete this study"
    RESTORE_STUDY = "restore this study"
    # A class
    OPEN_CLASS = "open a class"
    CLOSE_CLASS = "close this class"
    REOPEN_CLASS = "open this class again"
    NAME_CLASS = "name this class"
    PAUSE_CLASS = "pause the training runs of this class"
    MESSAGE_CLASS = "send messages to this class"
    SHOW_ON_STAGE = "put a member of this class on stage"
    REMOVE_MEMBER = "remove members of this class"
    CHOOSE_MODERATORS = "choose the moderators of this class"
    EXPORT_CLASS = "export this class"
    # Drawing together in a class
    SEND_DRAWING = "send drawings to this class"
    WITHDRAW_DRAWING = "withdraw this drawing"
    COLLECT_DRAWINGS = "collect drawings in this class"
    MODERATE = "approve and hide drawings and names in this class"
    SET_ASSIGNMENTS = "change the assignments of this class"
    # The server itself
    PREPARE_DATASET = "download datasets to this server"
    FETCH_WEIGHTS = "download pretrained weights to this server"
    READ_SERVER_FOLDER = "import from a folder of this server"
    READ_METRICS = "read the metrics of this server"
    MANAGE_PEOPLE = "give roles to people"


VIEWING = frozenset({Action.VIEW_RUN, Action.VIEW_DATASET})
"""Allowed to whoever sees the run or the dataset, in every mode: also to use the model, and to download results."""
CREATING = frozenset(
    {
        Action.START_RUN,
        Action.CHECK_SETTINGS,
        Action.IMPORT_DATASET,
        Action.IMPORT_MODEL,
        Action.SAVE_DRAWING,
        Action.COMPUTE,
        Action.EXPORT_RUN,
        Action.ANALYSE_DATASET,
        Action.START_STUDY,
        Action.SAVE_VIEW,
    }
)
"""Costs time or disk space of the server, and changes no one's work."""
CHANGING = frozenset(
    {
        Action.RESUME_RUN,
        Action.STOP_RUN,
        Action.PAUSE_RUN,
        Action.TUNE_RUN,
        Action.MOVE_RUN,
        Action.RENAME_RUN,
        Action.PIN_IMAGES,
        Action.TAG_IMAGES,
        Action.REVIEW_LABELS,
        Action.DELETE_RUN,
        Action.RESTORE_RUN,
        Action.SHARE_RUN,
        Action.ADD_IMAGES,
        Action.DESCRIBE_DATASET,
        Action.EDIT_LABELS,
        Action.DELETE_DATASET,
        Action.SHARE_DATASET,
        Action.SEE_LOG,
        Action.STOP_STUDY,
        Action.EXTEND_STUDY,
        Action.RENAME_STUDY,
        Action.DELETE_STUDY,
        Action.RESTORE_STUDY,
    }
)
"""Only for its owner, the teacher of its room, and the owner of the server."""
TEACHING = frozenset(
    {
        Action.OPEN_CLASS,
        Action.CLOSE_CLASS,
        Action.REOPEN_CLASS,
        Action.NAME_CLASS,
        Action.PAUSE_CLASS,
        Action.MESSAGE_CLASS,
        Action.SHOW_ON_STAGE,
        Action.REMOVE_MEMBER,
        Action.CHOOSE_MODERATORS,
        Action.EXPORT_CLASS,
        Action.COLLECT_DRAWINGS,
        Action.SET_ASSIGNMENTS,
    }
)
"""Only for the teacher of the class and the owner of the server. Only classroom mode has classes."""
MODERATING = frozenset({Action.MODERATE})
"""For the moderators of the class, too: what the audience must not see before somebody has."""
TAKING_PART = frozenset({Action.SEND_DRAWING, Action.WITHDRAW_DRAWING})
"""What an audience does, without a name or a role: send drawings to what they see, and withdraw their own."""
ADMINISTERING = frozenset(
    {
        Action.PREPARE_DATASET,
        Action.FETCH_WEIGHTS,
        Action.READ_SERVER_FOLDER,
        Action.READ_METRICS,
        Action.MANAGE_PEOPLE,
    }
)
"""About the server itself."""
OF_TEACHERS = frozenset({Action.PREPARE_DATASET, Action.FETCH_WEIGHTS})
"""What of `ADMINISTERING` a teacher may do, too: it costs disk space, and has no owner."""
