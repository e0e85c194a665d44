"""Upgrades links from earlier versions: the one place that maps old URL parameters and values to new ones.

If you rename a URL parameter (a control's `key` with `bind="query-params"`, or a name in `st.query_params`) or a value
that appears in the URL (an option of a select box, the title of a dataset), add it here and in
tests/ui/test_old_links.py. Pages read the new names only.
"""

import re
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls.config.older_versions import RENAMED, RENAMED_MODEL_SETTINGS, RENAMED_VALUES

PARAMETERS: dict[str, str] = {
    **RENAMED,  # a setting's control has the setting's name in the URL
    **{f"transfer.{old}": f"transfer.{new}" for old, new in RENAMED_MODEL_SETTINGS.items()},
    "way": "mode",  # Predict
    # Evaluate
    "picture": "image",
    "damage": "corruption",
    "answers": "predictions",
    "sure": "confidence",
    "decline": "abstain",
    "learnt": "learned",
    "watched": "followed",
}
"""Old name of a parameter -> new name."""

VALUES: dict[str, dict[str, str]] = {
    **{f"transfer.{name}": values for name, values in RENAMED_VALUES.items()},
    "threshold": {"Another": "Custom"},
    "mode": {"Game": "Drawing game", "You or the model": "Human vs model"},
    "explore": {
        "Classes": "Mean images",  # its images are those at the top of the page
        "Mean pictures": "Mean images",
        "Light": "Brightness",
        "Odd ones": "Outliers",
        "Changes": "Edits",
    },
    # Evaluate
    "view": {
        "Mistakes": "Errors",
        "Classes": "Per class",
        "Scores": "Curves & calibration",
        "Time machine": "Epoch history",
        "Learning": "Training curves",
        "Picture": "Single image",
        "Inside": "Activations",
        "Labels": "Per class",
        "Pictures": "Errors",
    },
    "part": {"I don't know": "Abstention"},
    "panel": {"Matrix": "Confusion matrix"},
    "suspects": {"Test pictures": "Test images", "Training pictures": "Training images"},
}
"""New name of a parameter -> old value -> new value."""

PATTERNS: dict[str, re.Pattern[str]] = {
    "transfer.backbone_run": re.compile(r".*\(([0-9a-z_-]+)\)", re.DOTALL),  # was "name (id)"
}
"""New name of a parameter -> what its old values looked like; the new value is the first group."""


def upgrade() -> None:
    """Rewrites old parameters and values in the URL, then runs the script again; call it before anything reads the URL.

    The second run is needed for controls bound to the URL: they take their first value from the parameters that the
    run began with.
    """
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = upgraded(given)
    if wanted == given:
        return
    for name in given.keys() - wanted.keys():
        del st.query_params[name]
    for name, values in wanted.items():
        # A control that already exists in this session keeps its own value (the Back button to an old address).
        with suppress(StreamlitAPIException):
            if given.get(name) != values:
                st.query_params[name] = values
    st.rerun()


def upgraded(given: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same parameters under their present names, with their present values.

    A parameter that is there under both names keeps the value it has under the new one.
    """
    renamed = {PARAMETERS[name]: values for name, values in given.items() if name in PARAMETERS}
    renamed |= {name: values for name, values in given.items() if name not in PARAMETERS}
    return {name: [_present(name, value) for value in values] for name, values in renamed.items()}


def _present(name: str, value: str) -> str:
    if name in VALUES:
        return VALUES[name].get(value, value)
    match = PATTERNS[name].fullmatch(value) if name in PATTERNS else None
    return match[1] if match else value
