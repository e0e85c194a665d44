"""Which run a page shows: it stands in the URL, so a link, F5 and a second tab show the same."""

from collections import Counter
from collections.abc import Callable

import streamlit as st

from imgcls import runs
from imgcls.errors import RunError
from imgcls.params import Value
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES
from imgcls.ui.evaluate.parts import selection_state

ON_THE_WAY = "settings-on-the-way"


def pick_run(key: str, usable: Callable[[Run], bool], *, label: str = "Trained model", prefer: str = "") -> Run | None:
    """A select box of the usable runs; the one of `?run=` is chosen, else `prefer`, else the newest.

    None, and an empty state on the page, where there is no such run.
    """
    choices = {run.id: run for run in runs.everything() if usable(run)}
    if not choices:
        empty("There is no trained model yet.", "Train one: the first takes about a minute.")
        return None
    asked = st.query_params.get("run", "")
    if asked and asked not in choices:
        try:
            run = runs.find(asked)
            st.info(f"“{plain(run.label)}” has nothing to show here yet. Another run is shown.", icon=":material/info:")
        except RunError as error:
            st.warning(plain(str(error)), icon=":material/search_off:")
    ids = list(choices)
    chosen = asked if asked in choices else prefer if prefer in choices else ids[0]
    names = {run_id: name_of(run) for run_id, run in choices.items()}
    # Streamlit tells options by their names: of two runs that are called the same, the second could not be chosen.
    called = Counter(names.values())
    names = {run_id: name if called[name] == 1 else f"{name} ({run_id})" for run_id, name in names.items()}

    def follow() -> None:
        st.query_params["run"] = st.session_state[key]
        selection_state.clear(*selection_state.OF_CLASSES)

    if asked != chosen:
        # From now on the link names the run, so that a newer one does not take its place under the visitor.
        st.query_params["run"] = chosen
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    picked = st.selectbox(
        label,
        ids,
        format_func=lambda run_id: names.get(run_id, run_id),
        key=key,
        on_change=follow,
        help="All runs that have a trained model, the newest first.",
    )
    return choices[picked]


def name_of(run: Run) -> str:
    """Its name, and its test accuracy where it has one."""
    try:
        result = run.result or {}
    except RunError:
        result = {}  # A damaged run must not keep the others from being chosen.
    if "test_macro_f1" in result:
        return f"{run.label} · macro F1 {result['test_macro_f1']:.1%}"
    accuracy = result.get("test_accuracy")
    return run.label if accuracy is None else f"{run.label} · {accuracy:.1%}"


def empty(what: str, todo: str, *, page: str = "train.py", button: str = "Train a model") -> None:
    """An empty state: what is missing, what to do next, and the button for it."""
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f"#### {what}", text_alignment="center")
        st.markdown(todo, text_alignment="center")
        if st.button(button, type="primary"):
            go(page)


def train(**settings: Value) -> None:
    """Changes to the Train page with these settings in its form, from a page that may have controls of the same names.

    A control binds its name in the URL for its page alone: `go` may not set it, and a link loses it on the way (tried).
    Nor would a URL take back what the form still knows from the last visit. So the values go through the session.
    """
    st.session_state[ON_THE_WAY] = settings
    st.switch_page(PAGES / "train.py", query_params={})


def on_the_way() -> dict[str, Value]:
    """The settings that the form has to begin with, once."""
    return st.session_state.pop(ON_THE_WAY, {})


def go(page: str, **query: str) -> None:
    """Changes to another page, with these parameters in its URL; none of them bound to a control of this page."""
    st.switch_page(PAGES / page, query_params=query)
