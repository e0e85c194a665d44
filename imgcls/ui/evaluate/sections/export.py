"""The model as a file for other programs: every format is verified, compared side by side, and then offered."""

from collections.abc import Sequence

import streamlit as st

from imgcls import languages
from imgcls.errors import UserError
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.export import exporting, formats, offline_page, records
from imgcls.export.records import Record
from imgcls.inference import served_model
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.app.lessons import standing
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts import exported_files
from imgcls.ui.widgets import formatting, task_panel

TITLE = links.EXPORT
GROUP = links.TAKE
ORDER = 120
USES_SELECTION = False
SUPPORTS = ("single", "multi")

SUGGESTED = ("keras", "litert_dynamic", "onnx")
CHOICE = "export-formats"
KEPT = "export-formats-kept"
"""Session key: the formats that were chosen last. Streamlit forgets those of the control while an export runs."""
PAGE = "html"
"""The format with a button of its own: one press makes it, the next one downloads it."""
PROGRAMMERS = "export-programmers"
"""Session key of the section with all other formats: whether it is open."""
OPENED_FOR = "export-programmers-opened-for"
STARTED = "export-started"
"""Session keys: the run and lesson for which the section was last opened or closed; the run and formats that this visit
started last, for "Try again"."""


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    st.header("Export", anchor=False)
    st.markdown(
        "Use the model without this app. Every file is run in its own runtime and compared with the test predictions "
        "of this run. A file that does not match is not offered."
    )
    if text := _served(run):
        heading = _("8-bit version")
        st.caption(f"**{heading}**: {text}")
    try:
        exporting.check(run)
    except UserError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    task = exporting.task_of(run)
    state = task.state()
    found = records.all_of(run)
    page = found.pop(PAGE, None)
    is_running = state.state == "running"
    if is_running or state.state == "failed":
        task_panel.show(
            task, state, lambda: _start(run, _started(run) or _chosen(found) or [PAGE]), "The export failed."
        )
    _take_home(run, page, is_running)
    if found or not is_running:
        _for_programmers(run, found, is_running)


def _served(run: Run) -> str:
    """Which model file answers in this app if it is another one than the scores belong to; empty if it is the same."""
    served = served_model.of(run)
    if served is None:
        return ""
    text = _(
        "The scores of this page belong to the float32 model. In this app, new images are classified by its 8-bit "
        "version, which is {gain} times as fast and makes the same prediction for {identical} of {count} test images."
    )
    gain, identical = f"{served.gain:.1f}", formatting.fraction(served.identical)
    return text.format(gain=gain, identical=identical, count=languages.number(served.images))


def _start(run: Run, names: Sequence[str]) -> None:
    st.session_state[STARTED] = run.id, list(names)
    exporting.start(run, names)


def _started(run: Run) -> list[str]:
    of, names = st.session_state.get(STARTED, ("", []))
    return list(names) if of == run.id else []


def _take_home(run: Run, record: Record | None, is_running: bool) -> None:
    """The page that runs the model in a browser: made at the first press, then downloaded."""
    page = formats.find(PAGE)
    is_made = record is not None and record.is_offered
    if is_running and not is_made:
        return
    if record is not None and not is_made:
        _not_offered(record)
    with st.container(border=True):
        st.markdown(f"**{page.TITLE}**: {plain(page.HELP)}" + ("" if is_made else _expected_size(run)))
        if record is None or not is_made:
            task_panel.button(page.TITLE, lambda: _start(run, [PAGE]), primary=True)
        else:
            exported_files.download(run, PAGE, record, primary=True)
            st.caption(
                f":material/check_circle: `{record.file}` is ready. Download it and open it in any browser, on a "
                "computer or a phone, also offline."
            )
            if record.is_compared:
                exported_files.values(record)
            exported_files.changes(run, PAGE, record)


def _expected_size(run: Run) -> str:
    try:
        return f" About {formatting.size(offline_page.expected_bytes(run))} for this run."
    except (OSError, UserError):
        return ""


def _for_programmers(run: Run, found: dict[str, Record], is_running: bool) -> None:
    """All other formats. The section is as the visitor left it; it begins open if there are files, or if a lesson is
    about them."""
    occasion = run.id, _lesson()
    if PROGRAMMERS not in st.session_state or st.session_state.get(OPENED_FOR) != occasion:
        st.session_state[PROGRAMMERS] = bool(found) or bool(occasion[1])
    st.session_state[OPENED_FOR] = occasion
    with st.expander("For programmers", key=PROGRAMMERS, icon=":material/code:", on_change="rerun"):
        st.markdown(
            "Files for phones, servers and microcontrollers. Models also come as a bundle with a model card and a "
            "script that predicts without this app."
        )
        if not is_running:
            _choose(run, found)
        _results(run, found)


def _lesson() -> str:
    """The step of a lesson that the visitor is at, if it is about the formats; empty otherwise."""
    step = standing.step_on("evaluate")
    return step.title if step is not None and CHOICE in step.keys else ""


def _choose(run: Run, found: dict[str, Record]) -> None:
    """Which formats to make, and the button that starts."""
    missing = {name: formats.what_is_missing(formats.find(name)) for name in formats.names() if name != PAGE}
    available = [name for name in missing if not missing[name]]
    st.pills(
        "Formats",
        available,
        selection_mode="multi",
        default=_suggested(available, found),
        format_func=lambda name: formats.find(name).TITLE,
        key=CHOICE,
        on_change=_keep_choice,
    )
    for hint in dict.fromkeys(text for text in missing.values() if text):
        st.caption(plain(hint))
    chosen = _chosen(found)
    if chosen:
        st.caption(
            "\n".join(f"- **{plain(formats.find(one).TITLE)}**: {plain(formats.find(one).HELP)}" for one in chosen)
        )
        task_panel.button("Export and verify", lambda: _start(run, chosen), icon=":material/play_arrow:")


def _keep_choice() -> None:
    st.session_state[KEPT] = list(st.session_state[CHOICE])


def _suggested(available: list[str], found: dict[str, Record]) -> list[str]:
    """The formats that were chosen last; at first, common ones that have not been made yet."""
    if (kept := st.session_state.get(KEPT)) is not None:
        return [name for name in kept if name in available]
    return [name for name in SUGGESTED if name in available and name not in found]


def _chosen(found: dict[str, Record]) -> list[str]:
    names = [name for name in formats.names() if name != PAGE]
    available = [name for name in names if not formats.what_is_missing(formats.find(name))]
    return list(st.session_state.get(CHOICE, _suggested(available, found)))


def _results(run: Run, found: dict[str, Record]) -> None:
    offered = {name: record for name, record in found.items() if record.is_offered}
    for record in found.values():
        if not record.is_offered:
            _not_offered(record)
    if not offered:
        return
    if any(record.is_compared and record.accuracy is None for record in offered.values()):
        st.caption(
            "The dataset is not prepared on this machine, so the files were compared on the test images that the run "
            "stores. Errors and close calls are over-represented there, so the accuracy is not shown."
        )
    with st.container(key="export-results"):
        exported_files.show(run, offered)


def _not_offered(record: Record) -> None:
    st.warning(plain(f"{record.title} is not offered. {record.problem}"), icon=":material/block:")
