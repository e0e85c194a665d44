"""The control that names a finished run, as one whose network another one can stand on."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls import runs
from imgcls.errors import UserError
from imgcls.models import backbones
from imgcls.runs import Run

MOST = 200
"""Only the newest runs are looked at: each costs a look at the disk."""


def choose(label: str, key: str, **common: Any) -> str:
    """The id of the chosen run, or nothing where there is none to choose.

    The newest one is put into the URL like any other, or a link would mean another one later.
    """
    names = choices()
    if names and st.session_state.get(key) is None and key not in st.query_params:
        newest = next(iter(names))
        # Streamlit forbids it for a control that was there before: then a person has emptied it, and it stays empty.
        with suppress(StreamlitAPIException):
            st.query_params[key] = names[newest]
            st.session_state[key] = newest
    options = list(names)
    return (
        st.selectbox(label, options, index=None, format_func=lambda run: names.get(run, run), key=key, **common) or ""
    )


def choices() -> dict[str, str]:
    """The finished runs with a network that can be stood on, the newest first: id -> name and id."""
    recent = runs.everything()[:MOST]
    found = {run.id: _name(str(run.folder), run.stamp("model.json", "model.keras", "label.txt")) for run in recent}
    return {run_id: name for run_id, name in found.items() if name}


@lru_cache(4 * MOST)
def _name(folder: str, stamp: tuple) -> str:
    run = Run(Path(folder))
    try:
        backbones.trunk(run.card.layers)
    except UserError:
        return ""
    return f"{run.label} ({run.id})" if 0.0 not in stamp[:2] else ""
