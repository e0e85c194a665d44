"""The model as a file for other programs: every format is verified, compared side by side, and then offered."""

import html
from io import BytesIO

import pyarrow as pa
import streamlit as st

from imgcls import languages
from imgcls.errors import UserError
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.export import bundle, exporting, formats, metadata, offline_page, records
from imgcls.export.bundle import snippet
from imgcls.export.records import Record
from imgcls.inference import served_model
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.evaluate import links
from imgcls.ui.visitors import visitor
from imgcls.ui.widgets import formatting, task_panel

TITLE = links.EXPORT
GROUP = links.TAKE
ORDER = 120
USES_SELECTION = False
SUPPORTS = ("single", "multi")

SUGGESTED = ("keras", "litert_dynamic", "onnx")
CHOICE = "export-formats"
PAGE = "html"
"""The format with a button of its own: one press makes it, the next one downloads it."""
MIME = "application/octet-stream"
STYLE = """<style>
.exports{overflow-x:auto}.exports table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.exports th,.exports td{padding:6px 12px 6px 0;text-align:right;font-weight:400;border:0;
border-bottom:1px solid rgba(128,128,128,.3);white-space:nowrap}
.exports th:first-child{text-align:left}.exports thead th{font-size:.85rem;opacity:.75;vertical-align:bottom}
.exports caption{text-align:left;font-size:.85rem;opacity:.75;padding:0 0 6px;caption-side:top}
.exports small{display:block;opacity:.75}
</style>"""
COLUMNS = (
    "Format",
    "Size",
    "ms per image",
    "Accuracy",
    "Identical predictions",
    "Largest difference",
    "Predictions that change",
)


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    st.header("Export", anchor=False)
    st.markdown(
        "Use the model elsewhere: as a file for phones, browsers, servers and microcontrollers, or as a bundle with a "
        "model card and a script that predicts without this app. Every file is run in its own runtime and compared "
        "with the test predictions of this run. A file that does not match is not offered."
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
    if state.state in ("running", "failed"):
        task_panel.show(task, state, lambda: exporting.start(run, _chosen(found) or [PAGE]), "The export failed.")
    if state.state != "running":
        _take_home(run, found.get(PAGE))
        _choose(run, found)
    if found:
        _results(run, found)


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


def _take_home(run: Run, record: Record | None) -> None:
    """The page that runs the model in a browser: made at the first press, then downloaded."""
    page = formats.find(PAGE)
    with st.container(border=True):
        is_made = record is not None and record.is_offered
        st.markdown(f"**{page.TITLE}**: {plain(page.HELP)}" + ("" if is_made else _expected_size(run)))
        if record is None or not record.is_offered:
            task_panel.button(page.TITLE, lambda: exporting.start(run, [PAGE]), primary=True)
        else:
            _download(run, PAGE, record, primary=True)
            st.caption(
                f":material/check_circle: `{record.file}` is ready. Download it and open it in any browser, on a "
                "computer or a phone, also offline."
            )


def _expected_size(run: Run) -> str:
    try:
        return f" About {formatting.size(offline_page.expected_bytes(run))} for this run."
    except (OSError, UserError):
        return ""


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
    )
    for hint in dict.fromkeys(text for text in missing.values() if text):
        st.caption(plain(hint))
    chosen = _chosen(found)
    st.caption(
        " · ".join(f"**{plain(formats.find(name).TITLE)}**: {plain(formats.find(name).HELP)}" for name in chosen)
    )
    if chosen:
        task_panel.button("Export and verify", lambda: exporting.start(run, chosen), primary=True)


def _suggested(available: list[str], found: dict[str, Record]) -> list[str]:
    """Common formats that have not been made yet."""
    return [name for name in SUGGESTED if name in available and name not in found]


def _chosen(found: dict[str, Record]) -> list[str]:
    names = [name for name in formats.names() if name != PAGE]
    available = [name for name in names if not formats.what_is_missing(formats.find(name))]
    return list(st.session_state.get(CHOICE, _suggested(available, found)))


def _results(run: Run, found: dict[str, Record]) -> None:
    offered = {name: record for name, record in found.items() if record.is_offered}
    for record in found.values():
        if not record.is_offered:
            st.warning(plain(f"{record.title} is not offered. {record.problem}"), icon=":material/block:")
    if not offered:
        return
    with st.container(key="export-results"):
        st.html(_table(list(offered.values())))
    if any(record.is_compared and record.accuracy is None for record in offered.values()):
        st.caption(
            "The dataset is not prepared on this machine, so the files were compared on the test images that the run "
            "stores. Errors and close calls are over-represented there, so the accuracy is not shown."
        )
    for name, record in offered.items():
        if name != PAGE:
            _downloads(run, name, record)
    for name, record in offered.items():
        if record.changed_count:
            _changes(run, name, record)


def _table(rows: list[Record]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = "".join(_row(record) for record in rows)
    images = formatting.count(max(record.images for record in rows), "test image")
    return (
        f'{STYLE}<div class="exports" tabindex="0" role="region" aria-label="Exported files"><table>'
        f"<caption>Compared on {images}; times on one thread of this machine</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(record: Record) -> str:
    if not record.is_compared:
        return (
            f'<tr><th scope="row">{html.escape(record.title)}</th><td>{formatting.size(record.bytes)}</td>'
            f'<td colspan="{len(COLUMNS) - 2}">parity not checked on this platform</td></tr>'
        )
    accuracy = "–"
    if record.accuracy is not None:
        score = Score(**record.accuracy)
        accuracy = f"{percent(score.value)}<small>{formatting.interval(score)}</small>"
    changes = f"{record.changed_count:,}"
    if record.changed_count:
        changes += (
            f"<small>{record.only_stored_right:,} now wrong, {record.only_exported_right:,} now right; "
            f"p = {1 if record.p_value is None else record.p_value:.2g}</small>"
        )
    cells = (
        formatting.size(record.bytes),
        f"{record.milliseconds or 0:.2f}",
        accuracy,
        percent(record.identical or 0, 2),
        f"{record.largest_difference or 0:.2g}",
        changes,
    )
    return f'<tr><th scope="row">{html.escape(record.title)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _downloads(run: Run, name: str, record: Record) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        _download(run, name, record)
        if bundle.supports(name):
            st.download_button(
                "Bundle with model card and script",
                visitor.later(lambda: _bundled(run, name)),
                file_name=f"{run.id}-{name}.zip",
                mime="application/zip",
                icon=":material/folder_zip:",
                key=f"bundle-{name}",
                type="tertiary",
                on_click="ignore",
            )
    if code := snippet.python(name, record.file, run.card):
        with st.expander(f"{plain(record.title)} in Python", icon=":material/code:"):
            st.code(code, language="python")
            height, width, channels = run.card.shape
            st.caption(
                f"The input is uint8, {height}×{width}×{channels}, 0 to 255. The app prepares images more carefully: "
                f"{plain(metadata.preprocessing(run.card))} The bundle does exactly the same."
            )


def _download(run: Run, name: str, record: Record, *, primary: bool = False) -> None:
    st.download_button(
        f"{record.title} ({formatting.size(record.bytes)})",
        records.file_of(run, name).read_bytes,
        file_name=record.file,
        mime=MIME,
        icon=":material/download:",
        key=f"export-{name}",
        type="primary" if primary else "secondary",
        on_click="ignore",
    )


def _bundled(run: Run, name: str) -> bytes:
    file = BytesIO()
    bundle.write(run, name, file)
    return file.getvalue()


def _changes(run: Run, name: str, record: Record) -> None:
    """The images whose prediction differs, each with a link."""
    images = formatting.count(record.changed_count, "image")
    with st.expander(f"{plain(record.title)}: {images} with another prediction"):
        rows = record.changed
        st.dataframe(
            pa.table(
                {
                    "Image": [links.image(run, row["image"]) for row in rows],
                    "Label": [str(row["true"]) for row in rows],
                    "Stored prediction": [str(row["stored"]) for row in rows],
                    "Exported file": [str(row["exported"]) for row in rows],
                }
            ),
            hide_index=True,
            key=f"changes-{name}",
            column_config={"Image": st.column_config.LinkColumn(display_text=r"image=(\d+)")},
            alt=f"Images whose prediction changes in the {record.title} file.",
        )
        if record.changed_count > len(rows):
            st.caption(f"The first {len(rows):,} are listed.")
