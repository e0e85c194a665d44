"""Deleted studies, kept for a day as deleted runs are, see `imgcls.runs.trash`. Their trials are runs, and stay.

<runs>/_studies/.trash/<seconds since 1970>-<study ID>/      the study's folder, unchanged
"""

import time
from dataclasses import dataclass
from pathlib import Path

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.runs import trash
from imgcls.sharing import Action
from imgcls.studies import study as files
from imgcls.studies.study import Study


@dataclass(frozen=True)
class DeletedStudy:
    """`at` is when it was deleted, in seconds since 1970."""

    folder: Path
    id: str
    title: str
    at: float


def delete(study: Study) -> None:
    """Move a study to the bin.

    Raises:
        NotAllowed: it is not the visitor's.
        RunError: it is still running, or cannot be moved.
    """
    sharing.require(Action.DELETE_STUDY, study.folder)
    if study.is_driven:
        raise RunError("This study is running. Stop it first, and delete it when it has ended.")
    trash.put(study.folder)


def deleted() -> list[DeletedStudy]:
    """The studies that the visitor can still restore, the last deleted first."""
    found = [
        DeletedStudy(folder, name, _title(folder, name), at)
        for folder, name, at in trash.entries(files.folder())
        if abs(time.time() - at) < trash.KEPT_SECONDS and sharing.decide(Action.RESTORE_STUDY, folder)
    ]
    return sorted(found, key=lambda study: study.at, reverse=True)


def restore(study: DeletedStudy) -> None:
    """Undo the deletion of a study.

    Raises:
        NotAllowed: it is not the visitor's.
        RunError: it is gone for good, or there is another study with its ID.
    """
    sharing.require(Action.RESTORE_STUDY, study.folder)
    target = files.folder() / study.id
    if target.exists():
        raise RunError(f"“{study.title}” cannot be restored: there is another study with its ID.")
    try:
        study.folder.rename(target)
    except OSError as error:
        raise RunError(f"“{study.title}” cannot be restored: it was removed for good.") from error


def _title(folder: Path, study_id: str) -> str:
    title = Study(folder).title
    return study_id if title == folder.name else title
