"""The dataset select box, shared by the Data and Train pages."""

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls import datasets, languages
from imgcls.config import PARAMS
from imgcls.datasets import DatasetInfo
from imgcls.languages import gettext as _
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.data import summary
from imgcls.ui.look import option_notes
from imgcls.ui.visitors import stage_names

HELP = next(param.help for param in PARAMS if param.name == "data")


SHOWN = "dataset-shown"
"""Session key, for each of the two pages, of the name and title of the dataset that was shown last."""


def choose(*, is_compact: bool = False) -> DatasetInfo | None:
    """The select box; its choice is part of the URL (`?data=`, by title). `is_compact` hides the label, except from
    screen readers: for a selector beside the heading.

    None if the dataset that was shown has been deleted meanwhile, or that of a link does not exist: the page calls
    `say_lost` and ends, as a click on it, such as Start, must not be taken for one about another dataset.
    """
    names = datasets.names()
    titles = {name: datasets.facts(name).title for name in names}
    control = fixed_controls.keyed("data")
    lost, title = st.session_state.get(SHOWN + str(is_compact), ("", ""))
    asked = st.query_params.get("data", "")
    if stage_names.is_on_stage() and asked not in titles.values():  # a member's link names the owner
        asked = asked.rpartition(datasets.custom.OF_OWNER)[0] or asked
        if asked in titles.values():
            st.query_params["data"] = asked
            st.rerun()
    # An assignment names it by its name, and the address of a dataset that was renamed by the title that it had.
    named = asked if asked in titles else lost if asked == title else ""
    if named in titles and asked not in titles.values():
        st.session_state["data"], asked = named, titles[named]
        with suppress(StreamlitAPIException):
            st.query_params["data"] = asked
    is_lost = bool(lost) and lost not in titles and not asked
    if asked and asked not in titles.values():
        found = [text for text in titles.values() if text.rpartition(datasets.custom.OF_OWNER)[0] == asked]
        if len(found) == 1:  # a link of its owner, who reads the title without a name
            st.query_params["data"] = found[0]
            st.rerun()
        is_lost, title = True, asked
    if is_lost:
        st.session_state["data"] = None
        with suppress(StreamlitAPIException):  # a control of the page owns it, and follows the session
            st.query_params.pop("data", None)
    name = st.selectbox(
        _("Dataset"),
        names,
        index=None if is_lost else 0,
        format_func=lambda name: titles.get(name, name),
        help=_(HELP),
        placeholder="Choose a dataset",
        bind="query-params",
        **control,
        label_visibility="collapsed" if is_compact else "visible",
    )
    st.html(_beside_options(names))
    st.session_state[SHOWN + str(is_compact)] = (lost, title) if name is None else (name, titles[name])
    if name is None:
        return None
    return datasets.facts(name)


def _beside_options(names: list[str]) -> str:
    """Style rules that write beside each option whether it is ready and, in a wide list, its images."""
    states, wide = {}, {}
    for number, name in enumerate(names):
        facts = datasets.facts(name)
        training, test = map(languages.number, facts.counts)
        images = _("{training} training, {test} test images").format(training=training, test=test)
        states[number] = summary.state(facts)
        wide[number] = f"{images} · {states[number]}"
    return option_notes.rules(_("Dataset"), states, wide)


def say_lost(*, is_compact: bool = False) -> None:
    """Names the dataset that is no longer there."""
    _, title = st.session_state[SHOWN + str(is_compact)]
    text = f"There is no dataset “{title}”. It may have been deleted; choose another one."
    st.warning(plain(text), icon=":material/search_off:")


def forget() -> None:
    """Whoever deletes the dataset needs no message about it."""
    for is_compact in (False, True):
        st.session_state.pop(SHOWN + str(is_compact), None)
