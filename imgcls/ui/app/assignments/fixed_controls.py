"""The controls of Data, Evaluate and Predict that an assignment can fix, besides what the address of these pages holds.

The address leaves defaults out, and some controls are never in it. Each control of `CONTROLS` is created with `keyed`,
which disables it where it is fixed, and undoes what a message has set meanwhile: parts of a page rerun without the
banner.
"""

from typing import Any

import streamlit as st

from imgcls.jobs.classroom.assignments import drafts
from imgcls.jobs.classroom.assignments.assignment import Assignment, Setting
from imgcls.languages import choice

KEY, PRESENT = "assignment", "assignment-present"
"""The parameter of the address that names an assignment; the session key of the one that the present page follows."""
CONTROLS = {
    "data": ("data", "explore", "map-kind", "extreme", "search-origin"),
    "evaluate": (
        "view",
        "panel",
        "unit",
        "errors-only",
        "part",
        "suspects",
        "corruption",
        "strength",
        "threshold",
        "yes-from",
    ),
    "predict": ("mode", "photo-source", "cover", "game-keep"),
}
"""Page -> keys of its controls."""
NOT_IN_ADDRESS = {"map-kind", "extreme", "search-origin", "unit", "errors-only", "photo-source", "cover", "game-keep"}
WIDGETS = {
    "run": ("evaluate-run", "predict-run"),
    "image": ("image-number",),
    "epoch": ("shown-epoch",),
    "list": ("learned-list",),
    "followed": ("followed-image",),
    "predictions": ("predictions-shown",),
    "confidence": ("filter-confidence",),
    "tag": ("filter-tag",),
    "abstain": ("abstain-below",),
}
"""Parameter of the address -> keys of the controls that follow it, where they differ."""
NEVER = {KEY, choice.PARAMETER}


def present() -> Assignment | None:
    """The assignment of the present page; None without one."""
    return st.session_state.get(PRESENT)


def is_preview() -> bool:
    """Whether a teacher looks at an assignment of theirs that is not handed out yet."""
    found = present()
    return found is not None and found.code == drafts.CODE


def is_fixed(name: str) -> bool:
    """Whether the assignment of the page fixes the control, or the parameter of the address, with this name."""
    found = present()
    return found is not None and name in found.fixed_state


def keyed(key: str) -> dict[str, Any]:
    """The arguments `key` and `disabled` of a control, which has the fixed value where there is one."""
    found = present()
    fixed = {} if found is None else found.fixed_state
    if key in fixed and st.session_state.get(key) != fixed[key]:
        st.session_state[key] = fixed[key]
    return {"key": key, "disabled": key in fixed}


def state_of(page: str) -> dict[str, Setting]:
    """The page as it is: its controls, and what its address names; without values that are lists."""
    query = {name: text for name, text in st.query_params.to_dict().items() if name not in NEVER}
    names = dict.fromkeys([*query, *CONTROLS.get(page, ())])
    found = {name: st.session_state.get(name, query.get(name)) for name in names}
    return {name: value for name, value in found.items() if isinstance(value, Setting)}
