"""The preview of an import: classes with counts, sample images, and skipped files with reasons."""

import html
from collections.abc import Iterable

import streamlit as st

from imgcls.datasets.importing import Preview
from imgcls.datasets.importing.sources.items import SYSTEM
from imgcls.ui.app.errors import plain
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.widgets import formatting, gallery

MOST_REASONS = 8
STYLE = """<style>
.classes{list-style:none!important;margin:0!important;padding:0 8px 0 0!important;max-height:340px;overflow:auto;
font-size:.9rem}
.classes li,.classes li:first-child{display:grid;grid-template-columns:minmax(0,1fr) 90px minmax(84px,auto);
gap:10px;align-items:center;padding:3px 0;margin:0!important}
.classes .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;unicode-bidi:isolate}
.classes .bar{height:8px;border-radius:4px;background:rgba(128,128,128,.18)}
.classes .bar i{display:block;height:8px;border-radius:4px;background:var(--accent);min-width:2px}
.classes .count{text-align:right;font-variant-numeric:tabular-nums;opacity:.8;white-space:nowrap}
</style>"""


def show(preview: Preview) -> None:
    """Sample images, then skipped files."""
    if preview.samples:
        st.html(
            gallery.grid(
                gallery.Tile(
                    str(sample["url"]),
                    f"an image of class {sample['class']}, {sample['name']}",
                    (str(sample["class"]),),
                    file=str(sample["name"]),
                )
                for sample in preview.samples
            )
        )
    rows = [(row["reason"], row["count"], row["first"]) for row in preview.skipped]
    notes = list(preview.notes)
    if preview.checked and preview.checked < preview.total:
        notes.append(f"{preview.checked:,} of {preview.total:,} images were opened for this preview.")
    skipped_files(rows, notes)


def skipped_warning(preview: Preview, listed: bytes | None) -> None:
    """An open warning with counts and reasons if many files are skipped; `listed` is the CSV file of all of them."""
    if not preview.skips_many:
        return
    shown = [row for row in preview.skipped if row["reason"] != SYSTEM]
    total = sum(row["count"] for row in shown)
    reasons = "".join(f"\n- **{row['count']:,}** {plain(row['reason'])}" for row in shown[:MOST_REASONS])
    more = f"\n- and {len(shown) - MOST_REASONS:,} more reasons" if len(shown) > MOST_REASONS else ""
    is_partial = 0 < preview.checked < preview.total
    opened = f" ({preview.checked:,} images have been opened so far)" if is_partial else ""
    count = ("At least " if is_partial else "") + formatting.count(total, "file")
    st.warning(
        f"{count} will not be imported{opened}. Check the reasons first:\n{reasons}{more}",
        icon=":material/warning:",
    )
    skipped_download(listed)


def skipped_download(listed: bytes | None) -> None:
    """The button that downloads the CSV file of all skipped files, if there is one."""
    if listed:
        st.download_button(
            "All skipped files (CSV)",
            listed,
            "skipped.csv",
            "text/csv",
            icon=":material/download:",
            key="skipped-csv",
            on_click="ignore",
        )


def classes(counts: Iterable[tuple[str, int, int, int]]) -> None:
    """Each class with its counts, as bars; a long list scrolls."""
    rows = [(label, train, test, unsplit) for label, train, test, unsplit in counts]
    most = max((sum(numbers) for _, *numbers in rows), default=1)
    listed = "".join(_row(row, most) for row in rows)
    st.html(STYLE + framed(f'<ul class="classes">{listed}</ul>', "images-per-class"))


def skipped_files(rows: Iterable[tuple[str, int, Iterable[str]]], notes: Iterable[str]) -> None:
    """Remarks, and skipped files by reason."""
    rows = list(rows)
    for note in notes:
        st.caption(f":material/info: {plain(note)}")
    if not rows:
        return
    total = sum(count for _, count, _ in rows)
    with st.expander(f"Skipped: {formatting.count(total, 'file')}", icon=":material/filter_alt_off:", key="skipped"):
        for reason, count, first in rows:
            named = ", ".join(f"“{plain(name)}”" for name in first)
            st.markdown(f"**{count:,}** {plain(reason)} :gray[:small[{named}]]")


def _row(row: tuple[str, int, int, int], most: int) -> str:
    label, train, test, unsplit = row
    total = train + test + unsplit
    count = f"{train:,} + {test:,} test" if train or test else f"{total:,}"
    name = html.escape(label)
    bar = f'<span class="bar"><i style="width:{100 * total / most:.1f}%"></i></span>'
    return f'<li><span class="name" title="{name}">{name}</span>{bar}<span class="count">{count}</span></li>'
