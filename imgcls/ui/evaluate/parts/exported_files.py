"""Exported files as cards: what each was measured to do, its downloads, and lines of Python that run it."""

from collections.abc import Mapping
from io import BytesIO

import pyarrow as pa
import streamlit as st

from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import percent
from imgcls.export import bundle, records
from imgcls.export.bundle import snippet
from imgcls.export.records import Record
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.evaluate import links
from imgcls.ui.visitors import visitor
from imgcls.ui.widgets import formatting

MIME = "application/octet-stream"
# The same columns in every card, so that values of formats can be compared down the page.
STYLE = """<style>
dl.export-values{padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:8px 16px;
margin:0;font-variant-numeric:tabular-nums}
.export-values dt{font-size:.85rem;font-weight:400;opacity:.75}.export-values dd{margin:0}
.export-values small{display:block;opacity:.75}
</style>"""


def show(run: Run, offered: Mapping[str, Record]) -> None:
    """A card for each file: format -> its record."""
    if compared := [record.images for record in offered.values() if record.is_compared]:
        images = formatting.count(max(compared), "test image")
        st.caption(f"Compared on {images}; times on one thread of this machine.")
    for name, record in offered.items():
        with st.container(border=True, key=f"export-card-{name}"):
            st.markdown(
                f"**{plain(record.title)}** &nbsp; :gray[:small[`{record.file}`]]", help=f"SHA-256: `{record.sha256}`"
            )
            values(record)
            with st.container(horizontal=True, vertical_alignment="center"):
                download(run, name, record)
                if bundle.supports(name):
                    _bundle(run, name)
            _code(run, name, record)
            changes(run, name, record)


def values(record: Record) -> None:
    """What is known about a file: its size and how it compares with the run."""
    pairs = "".join(f"<div><dt>{title}</dt><dd>{value}</dd></div>" for title, value in _values(record))
    st.html(f'{STYLE}<dl class="export-values">{pairs}</dl>')


def _values(record: Record) -> list[tuple[str, str]]:
    size = ("Size", formatting.size(record.bytes))
    if not record.is_compared:
        return [size, ("Predictions", "parity not checked on this platform")]
    accuracy = "–"
    if record.accuracy is not None:
        score = Score(**record.accuracy)
        accuracy = f"{percent(score.value)}<small>{formatting.interval(score)}</small>"
    changed = f"{record.changed_count:,}"
    if record.changed_count:
        changed += (
            f"<small>{record.only_stored_right:,} now wrong, {record.only_exported_right:,} now right; "
            f"p = {1 if record.p_value is None else record.p_value:.2g}</small>"
        )
    return [
        size,
        ("Accuracy", accuracy),
        ("Identical predictions", percent(record.identical or 0, 2)),
        ("Changed predictions", changed),
        ("Largest difference", f"{record.largest_difference or 0:.2g}"),
        ("ms per image", f"{record.milliseconds or 0:.2f}"),
    ]


def download(run: Run, name: str, record: Record, *, primary: bool = False) -> None:
    """The button for the file itself."""
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


def _bundle(run: Run, name: str) -> None:
    def written() -> bytes:
        file = BytesIO()
        bundle.write(run, name, file)
        return file.getvalue()

    st.download_button(
        "Bundle with model card and script",
        visitor.later(written),
        file_name=f"{run.id}-{name}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        key=f"bundle-{name}",
        on_click="ignore",
    )


def _code(run: Run, name: str, record: Record) -> None:
    code = snippet.python(name, record.file, run.card)
    if not code:
        return
    with st.expander(f"{plain(record.title)} in Python", icon=":material/code:"):
        st.code(code, language="python")
        st.caption(plain(snippet.about_input(run.card)))


def changes(run: Run, name: str, record: Record) -> None:
    """The images whose prediction differs, each with a link; nothing if there are none."""
    if not record.changed_count:
        return
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
