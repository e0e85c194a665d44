"""Lists of images as files: download buttons, and edits applied from such a file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from imgcls import datasets
from imgcls.datasets import Dataset
from imgcls.datasets.editing import image_lists
from imgcls.errors import UserError
from imgcls.ui.app.errors import plain
from imgcls.ui.visitors import visitor
from imgcls.ui.widgets import formatting

HELP = (
    "One row per image with its file name and a digest of its pixels. Fill in the columns “action” (exclude, relabel, "
    "restore) and “new label”, and apply the file on the Data page under Edits."
)
ERROR, MESSAGE = "edit-error", "edits-applied"
"""Keys of the session: why an edit failed, and what was applied; shown once by the page."""


def downloads(dataset: Dataset, kind: str, content: Callable[[], Mapping[str, Sequence[Any]]]) -> None:
    """Two buttons for a list; `content` makes it when one is pressed. Best placed in a horizontal container."""
    stem = f"{kind.replace(' ', '-')}-{dataset.facts.name}"
    st.download_button(
        f"{kind.capitalize()} (CSV)",
        visitor.later(lambda: image_lists.to_csv(content())),
        f"{stem}.csv",
        "text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key=f"{stem}-csv",
        help=HELP,
    )
    st.download_button(
        f"{kind.capitalize()} (JSON)",
        visitor.later(lambda: image_lists.to_json(dataset, kind, content())),
        f"{stem}.json",
        "application/json",
        icon=":material/data_object:",
        type="tertiary",
        on_click="ignore",
        key=f"{stem}-json",
        help=HELP,
    )


def apply_file(dataset: Dataset) -> None:
    """An uploader for a list of edits, what it would change, and the button that applies it."""
    if message := st.session_state.pop(MESSAGE, ""):
        st.success(message, icon=":material/check_circle:")
    title = "Apply edits from a file"
    with st.expander(title, icon=":material/upload_file:", key="apply-edits", on_change="rerun") as section:
        if not section.open:
            return
        name = dataset.facts.name
        file = st.file_uploader("CSV or JSON", type=["csv", "tsv", "txt", "json"], key=f"edits-file-{name}", help=HELP)
        if file is None:
            return
        try:
            found = image_lists.matched(dataset, datasets.edits_of(dataset), image_lists.read(file.getvalue()))
        except UserError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        _summary(dataset, found)
        st.button(
            f"Apply to {formatting.count(found.count, 'image')}",
            type="primary",
            icon=":material/done_all:",
            key="apply-edits-now",
            disabled=not found.count,
            on_click=_apply,
            args=(dataset, found),
        )


def _summary(dataset: Dataset, found: image_lists.Matched) -> None:
    parts = [f"exclude **{len(found.exclude):,}**"] if found.exclude else []
    for label, rows in found.relabel.items():
        parts.append(f"give **{len(rows):,}** the class “{plain(dataset.facts.classes[label])}”")
    if found.restore:
        parts.append(f"restore **{len(found.restore):,}**")
    if parts:
        st.markdown("This file would " + ", ".join(parts) + ".")
    if found.unchanged:
        st.caption(f"{formatting.count(found.unchanged, 'image')} already edited this way.")
    if not parts and not found.unchanged and not found.problems:
        st.info("No row of this file has an action.", icon=":material/info:")
    for reason, names in found.problems.items():
        shown = ", ".join(plain(name[:80]) for name in names[:5]) + (", …" if len(names) > 5 else "")
        st.warning(f"**{len(names):,}** {plain(reason)}: {shown}", icon=":material/warning:")


def _apply(dataset: Dataset, found: image_lists.Matched) -> None:
    """A callback: it runs before the page, which then shows the edits."""
    try:
        image_lists.apply(dataset, found)
        st.session_state[MESSAGE] = f"The file was applied to {formatting.count(found.count, 'image')}."
    except UserError as error:
        st.session_state[ERROR] = str(error)
