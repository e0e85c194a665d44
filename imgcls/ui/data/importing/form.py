"""The import form: name, size, colours, and how images are made square."""

import streamlit as st

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.datasets import CustomDataset
from imgcls.datasets.importing import SIDES, ImportSettings, Preview
from imgcls.datasets.importing.execution import job
from imgcls.system import paths
from imgcls.ui.data.importing import preview as preview_panel
from imgcls.ui.data.importing import split_controls
from imgcls.ui.widgets import formatting

CROP, PAD = "Centre crop", "Add margins"
COSTLY = 128
"""Pixels of a side from which the form states the cost of training."""
MANY = 500_000_000
"""Bytes of a dataset from which the form shows its size."""


def show(import_id: str, preview: Preview, old: CustomDataset | None, title: str) -> ImportSettings | None:
    """The classes found and the form; returns the settings when Import is pressed."""
    total = f"{preview.total:,}" if preview.is_complete else f"More than {preview.total:,}"
    kinds = f"{len(preview.counts):,} {'class' if len(preview.counts) == 1 else 'classes'}"
    if preview.is_multilabel:
        st.header(f"{total} images with {len(preview.counts):,} labels (multi-label)", anchor=False)
    else:
        st.header(f"{total} images in {kinds}", anchor=False)
    preview_panel.classes(preview.counts)
    if old is not None:
        return ImportSettings(into=old.name) if _import_button(import_id, "Add images", preview) else None
    title = st.text_input("Name", title, max_chars=datasets.TITLE_LENGTH, key=f"title-{import_id}")
    note = st.text_area(
        "Note",
        max_chars=datasets.NOTE_LENGTH,
        height=68,
        key=f"note-{import_id}",
        placeholder="Where the images come from and what they show.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        side = st.selectbox(
            "Size (px)",
            SIDES,
            index=SIDES.index(preview.side),
            format_func=lambda side: f"{side}×{side}",
            key=f"side-{import_id}",
            width=150,
            help="All images are resized to this side length. Typical size of the originals: "
            f"{preview.typical_size or 'unknown'}. Larger images keep more detail but train slower: doubling the side "
            "length quadruples the cost.",
        )
        colour = st.segmented_control(
            "Colours",
            ["Colour", "Greyscale"],
            default="Greyscale" if preview.channels == 1 else "Colour",
            required=True,
            key=f"colour-{import_id}",
            help="Greyscale uses a third of the data. Choose it when colour carries no information, e.g. handwriting.",
        )
    fit = CROP
    if not preview.square:
        fit = st.segmented_control(
            "Fit to a square",
            [CROP, PAD],
            default=CROP,
            required=True,
            key=f"fit-{import_id}",
            help="Centre crop keeps the middle at full size; margins in the colour of the border keep the whole "
            "image. The model applies the same step to every image it classifies later.",
        )
    channels = 3 if colour == "Colour" else 1
    size = preview.total * side * side * channels
    if size > MANY:
        st.caption(f":material/hard_drive: About {size / 1e9:.1f} GB on disk, twice that during the import.")
    if side >= COSTLY:
        st.caption(f":material/timer: {_training_cost(side, channels, max(2, len(preview.counts)))}")
    split = split_controls.show(import_id, preview)
    settings = ImportSettings(title, note, side, channels, "pad" if fit == PAD else "crop", **split)
    label = f"Import {formatting.count(preview.total, 'image')}"
    return settings if _import_button(import_id, label, preview) else None


def _training_cost(side: int, channels: int, num_classes: int) -> str:
    """What training on images of this size takes, in two sentences."""
    batch = Config(data=datasets.names()[0], model="cnn").batch_size
    memory = models.training_bytes(models.table("cnn", (side, side, channels), num_classes, {}), batch)
    return (
        f"{side}×{side} has {side**2 / 64**2:,.0f} times the pixels of 64×64, so an epoch takes about that many times "
        f"as long. A CNN needs about {memory / 1e9:,.1f} GB of memory for batches of {batch}; transfer learning needs "
        "far less, because it resizes images to its own input size and processes each of them once."
    )


def _import_button(import_id: str, label: str, preview: Preview) -> bool:
    preview_panel.skipped_warning(preview, job.skipped_csv(import_id))
    st.caption(f":material/timer: An import may take at most {paths.max_import_minutes():g} minutes.")
    if preview.is_undecided:
        st.caption(":material/block: Answer the question above before you import.")
    return st.button(
        label, type="primary", icon=":material/download_done:", key="import", disabled=preview.is_undecided
    )
