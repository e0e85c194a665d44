"""How the pictures shall be stored: name, size, colours, and how they are made square."""

import streamlit as st

from imgcls import datasets
from imgcls.datasets import CustomDataset
from imgcls.datasets.importing import SIDES, ImportSettings, Preview
from imgcls.ui.data import import_preview
from imgcls.ui.widgets import formatting

CROP, PAD = "Cut the middle out", "Add margins"
MANY = 500_000_000
"""Bytes of a data set from which the form says so."""


def ask(import_id: str, seen: Preview, old: CustomDataset | None, title: str) -> ImportSettings | None:
    """The classes that were found and the form; a wish when Import was pressed."""
    total = f"{seen.total:,}" if seen.whole else f"More than {seen.total:,}"
    kinds = f"{len(seen.counts):,} {'class' if len(seen.counts) == 1 else 'classes'}"
    if seen.is_multilabel:
        st.subheader(f"{total} pictures with {len(seen.counts):,} labels, several labels a picture", anchor=False)
    else:
        st.subheader(f"{total} pictures in {kinds}", anchor=False)
    import_preview.classes(seen.counts)
    if not any(test for _, _, test, _ in seen.counts):
        fraction = "About a fifth of each label" if seen.is_multilabel else "A fifth of each class"
        st.caption(f"{fraction} will be held back for the test. Copies of a picture stay on one side.")
    if old is not None:
        return ImportSettings(into=old.name) if _import_button("Add the pictures") else None
    title = st.text_input("Name", title, max_chars=datasets.TITLE_LENGTH, key=f"title-{import_id}")
    note = st.text_area(
        "Note",
        max_chars=datasets.NOTE_LENGTH,
        height=68,
        key=f"note-{import_id}",
        placeholder="Where the pictures are from, and what they show.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        side = st.selectbox(
            "Size (px)",
            SIDES,
            index=SIDES.index(seen.side),
            format_func=lambda side: f"{side} x {side}",
            key=f"side-{import_id}",
            width=150,
            help=f"All pictures get one size. The usual one here is {seen.typical_size or 'not known'}. Larger shows more "
            "and trains longer: twice the side is four times the work.",
        )
        colour = st.segmented_control(
            "Colours",
            ["Colour", "Grey"],
            default="Grey" if seen.channels == 1 else "Colour",
            required=True,
            key=f"colour-{import_id}",
            help="Grey holds a third of the numbers. It suits where colour means nothing, as in writing.",
        )
    fit = CROP
    if not seen.square:
        fit = st.segmented_control(
            "Make them square",
            [CROP, PAD],
            default=CROP,
            required=True,
            key=f"fit-{import_id}",
            help="Cutting keeps the middle at full size; margins, in the colour of the border, keep everything. What "
            "is done here is also done to each picture that the model is asked about.",
        )
    channels = 3 if colour == "Colour" else 1
    size = seen.total * side * side * channels
    if size > MANY:
        st.caption(f":material/hard_drive: About {size / 1e9:.1f} GB on the disk, twice that during the import.")
    wish = ImportSettings(title, note, side, channels, "pad" if fit == PAD else "crop")
    return wish if _import_button(f"Import {formatting.count(seen.total, 'picture')}") else None


def _import_button(label: str) -> bool:
    return st.button(label, type="primary", icon=":material/download_done:", key="import")
