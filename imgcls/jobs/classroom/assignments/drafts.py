"""Assignments that teachers preview before they hand them out: each teacher's latest one, in memory only.

`/train?assignment=preview` shows a teacher their own. It has no file, so nobody else finds it and no run counts for it.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from imgcls import sharing
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments.assignment import Assignment, Setting
from imgcls.sharing.classroom.rooms import Room

CODE = "preview"
"""In place of the code: no assignment has it."""
MOST = 100

_drafts: OrderedDict[str, Assignment] = OrderedDict()
_lock = threading.Lock()


def keep(room: Room, page: str, title: str, state: Mapping[str, Setting], **values: Any) -> Assignment:
    """What the present visitor previews from now on; as `assignments.make`, with the same errors.

    Raises:
        NotAllowed: they are not the teacher.
        UserError: something is missing or out of range.
    """
    made = replace(assignments.checked(room, page, title, state, **values), code=CODE)
    visitor = sharing.current().id
    with _lock:
        _drafts[visitor] = made
        _drafts.move_to_end(visitor)
        while len(_drafts) > MOST:
            _drafts.popitem(last=False)
    return made


def own() -> Assignment:
    """The preview of the present visitor.

    Raises:
        UserError: there is none, as after a restart of the server.
    """
    with _lock:
        found = _drafts.get(sharing.current().id)
    if found is None:
        raise UserError("There is no preview. Press “Preview as a pupil” in the box of the assignment again.")
    return found
