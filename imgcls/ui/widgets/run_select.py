"""The run selector: which run a page shows, compares with, or uses as a backbone.

The choice is in the URL, so a link, a reload and a second tab all show the same run.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

import streamlit as st

from imgcls import languages, runs, sharing
from imgcls.errors import RunError
from imgcls.evaluation.metrics.percent import percent
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.sharing import ownership
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import empty_state, sharing_choice

RECENT = "recent-run"
"""Session key of the run that the visitor has looked at last, on any page."""
MOST = 200
"""So many runs are offered besides the one that is shown: thousands would slow down every rerun."""


def note(run: Run) -> None:
    """Remembers that the visitor looks at this run."""
    st.session_state[RECENT] = run.id


def recent(otherwise: str) -> str:
    """The run that the visitor has looked at last if its model can be used; else `otherwise`."""
    run_id = st.session_state.get(RECENT, "")
    return run_id if run_id and runs.exists(run_id) and runs.find(run_id).is_ready else otherwise


def pick_run(
    key: str,
    usable: Callable[[Run], bool],
    *,
    label: str = N_("Trained model"),
    prefer: str = "",
    on_change: Callable[[], None] | None = None,
    is_compact: bool = False,
) -> Run | None:
    """A select box of the usable runs, showing the one in `?run=`; without it `prefer`, else the newest.

    On a shared server, a run of another visitor is only the newest if there is none of one's own, and none that comes
    with the project.

    None, with an empty state on the page, if there is no usable run. None, too, if the one in the URL cannot be used or
    was deleted: the page says so, and the visitor chooses another one, since the results of one model must not be taken
    for those of another. `on_change` is called when the visitor chooses another run. `is_compact` hides the
    label, except from screen readers, and leaves out the scores: for a narrow selector beside the heading.
    """
    requested = st.query_params.get("run", "")
    choices = offered(usable, requested, prefer)
    is_gone = bool(requested) and requested not in choices
    if is_gone:
        try:
            run = runs.find(requested)
            st.info(
                f"“{plain(run.label)}” has nothing to show here yet. Choose another run, or come back when it is done.",
                icon=":material/info:",
            )
        except RunError as error:
            st.warning(plain(str(error)), icon=":material/search_off:")
    if not choices:
        empty_state.show(_("No trained model yet"), _("Train one first. It takes about a minute."))
        return None
    picked = select(
        _(label),
        {run_id: owned(run, run.label if is_compact else title(run)) for run_id, run in choices.items()},
        key=key,
        parameter="run",
        default=prefer if prefer in choices else _own_or_shipped(choices),
        help=_("The latest runs with a trained model, newest first. Open older ones from the Runs page."),
        on_change=on_change,
        is_required=not is_gone,
        is_compact=is_compact,
    )
    if picked in choices:
        note(choices[picked])
    return choices.get(picked)


def owned(run: Run, text: str) -> str:
    """A text about a run, after the name of its owner if that is another visitor: a class has 25 of the same lesson."""
    owner = sharing_choice.owner_name(run.folder)
    return f"{owner} · {text}" if owner else text


def _own_or_shipped(choices: Mapping[str, Run]) -> str:
    """The newest run of one's own, else a shipped one; "" if there is none."""
    if not sharing.is_shared():
        return ""
    visitor = sharing.current().id
    own = (run_id for run_id, run in choices.items() if visitor and ownership.of(run.folder).owner == visitor)
    shipped = (run_id for run_id, run in choices.items() if run.is_example)
    return next(own, "") or next(shipped, "")


def offered(usable: Callable[[Run], bool], *wanted: str) -> dict[str, Run]:
    """The newest `MOST` usable runs by id, and those of the ids `wanted`, if they are usable."""
    newest: list[Run] = []
    for run in runs.all_runs():
        if (len(newest) < MOST or run.id in wanted) and usable(run):
            newest.append(run)
    return {run.id: run for run in newest}


def select(
    label: str,
    titles: Mapping[str, str],
    *,
    key: str,
    parameter: str,
    default: str = "",
    help: str = "",
    on_change: Callable[[], None] | None = None,
    is_required: bool = True,
    is_compact: bool = False,
) -> str:
    """A select box of runs (id -> title) whose choice is the URL parameter `parameter`; returns the id.

    Without a valid choice in the URL it is `default`, or the first run, and the URL then names it: otherwise a newer
    run would silently take its place. '' if there are no runs to choose from, or if nothing valid was chosen and
    `is_required` is off.
    """
    ids = list(titles)
    requested = st.query_params.get(parameter, "")
    chosen = requested if requested in titles else ""
    if not chosen and is_required:
        chosen = default if default in titles else next(iter(ids), "")
    # Streamlit identifies options by their text, so of two runs with the same title the second could not be chosen.
    occurrences = Counter(titles.values())
    unique = {run: name if occurrences[name] == 1 else f"{name} ({run})" for run, name in titles.items()}

    def follow() -> None:
        st.query_params[parameter] = st.session_state[key]
        if on_change:
            on_change()

    if chosen and chosen != requested:
        st.query_params[parameter] = chosen
    if st.session_state.get(key) != (chosen or None):
        st.session_state[key] = chosen or None
    picked = st.selectbox(
        label,
        ids,
        index=None if not chosen else 0,
        format_func=lambda run: unique.get(run, run),
        key=key,
        on_change=follow,
        help=help or None,
        placeholder=_("Choose a run"),
        disabled=fixed_controls.is_fixed(parameter),
        label_visibility="collapsed" if is_compact else "visible",
    )
    return picked or ""


def title(run: Run) -> str:
    """The name of a run and its test score, if it has one."""
    return _title(run, languages.current(), run.stamp("result.json", "label.txt"))


@lru_cache(4 * MOST)
def _title(run: Run, language: str, stamp: tuple) -> str:
    try:
        result = run.result or {}
    except RunError:
        result = {}  # A damaged run must not make the others unselectable.
    if "test_macro_f1" in result:
        return f"{run.label} · macro F1 {percent(result['test_macro_f1'])}"
    accuracy = result.get("test_accuracy")
    return run.label if accuracy is None else f"{run.label} · {languages.percent(accuracy)}"
