"""Batch mode before anything is uploaded: what it takes, what comes out, and an example to click.

The example are test images of the run, as if they were uploaded in folders named after the classes.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.errors import UserError
from imgcls.images.loading import to_png
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.widgets import gallery

COUNT = 40
SHOWN = 16
CLASSES_SHOWN = 12
EXAMPLE = "batch-example"
"""Session key: the ID of the run whose example is shown."""
EXPLAINED = (
    ("upload_file", "Upload", "images, or a zip of them. They are classified and discarded, not stored."),
    ("table_rows", "Get", "the prediction and its confidence for each image, as a table, CSV or JSON."),
    (
        "folder_open",
        "Name folders after the classes,",
        "such as `7/photo.png`, and you also get the accuracy and a confusion matrix.",
    ),
)


@dataclass(frozen=True)
class ExampleFile:
    """A file with what batch mode reads of an uploaded one."""

    name: str
    content: bytes

    @property
    def file_id(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        return len(self.content)

    def getvalue(self) -> bytes:
        return self.content


def chosen(run: Run, card: ModelCard) -> Sequence[ExampleFile]:
    """The example with a line about it, if the visitor asked for it with this run."""
    found = files(run, card) if st.session_state.get(EXAMPLE) == run.id else ()
    if found:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**Example:** {len(found)} test images, with as many errors as usual, as if each was in a folder of "
                "its class."
            )
            st.button("Remove the example", icon=":material/close:", key="batch-no-example", on_click=forget)
    return found


def forget() -> None:
    """No example is asked for any more."""
    st.session_state.pop(EXAMPLE, None)


def offer(run: Run, card: ModelCard) -> None:
    """What belongs here, what comes out, and an example to click."""
    example = tiles(run, card)
    with st.container(border=True, key="batch-empty"):
        about, tried = st.columns([1, 1], gap="large") if example else (st.container(), None)
        with about:
            st.header("Classify many images at once", anchor=False)
            for icon, title, text in EXPLAINED:
                st.markdown(f":material/{icon}: **{title}** {text}")
            st.caption(f"Classes of this model: {plain(_class_list(card.classes))}.")
        if tried is not None:
            with tried:
                st.header("No images at hand?", anchor=False)
                st.html(f'<div class="batch-example">{"".join(example)}</div>')
                st.button(
                    f"Try it with {COUNT} test images",
                    type="primary",
                    icon=":material/play_arrow:",
                    key="batch-try",
                    on_click=st.session_state.__setitem__,
                    args=(EXAMPLE, run.id),
                )


def _class_list(names: Sequence[str]) -> str:
    return ", ".join(names[:CLASSES_SHOWN]) + (" …" if len(names) > CLASSES_SHOWN else "")


def files(run: Run, card: ModelCard) -> tuple[ExampleFile, ...]:
    """Test images, always the same; none if the run stores fewer, or an image can have several labels."""
    return _files(run, cached.predictions_stamp(run), tuple(card.classes)) if _has_images(run, card) else ()


def tiles(run: Run, card: ModelCard) -> Sequence[str]:
    """The first of them as HTML; none if there is no example."""
    return _tiles(run, cached.predictions_stamp(run), tuple(card.classes)) if _has_images(run, card) else ()


def _has_images(run: Run, card: ModelCard) -> bool:
    return run.is_tested and not card.is_multilabel


@lru_cache(4)
def _files(run: Run, stamp: tuple, classes: tuple[str, ...]) -> tuple[ExampleFile, ...]:
    return tuple(
        ExampleFile(f"{classes[label]}/test image {row}.png", to_png(pixels)) for row, label, pixels in _chosen(run)
    )


@lru_cache(8)
def _tiles(run: Run, stamp: tuple, classes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f'<img src="{gallery.data_url(pixels)}" alt="Test image, {html.escape(classes[label])}">'
        for _, label, pixels in _chosen(run)[:SHOWN]
    )


def _chosen(run: Run) -> list[tuple[int, int, np.ndarray]]:
    """Row, class and pixels of each image.

    A run stores its errors and some of the others: the example has the same fraction of errors as the whole test set.
    """
    try:
        tested = cached.single_label_predictions(run)
    except UserError:  # damaged: Evaluate says so
        return []
    is_folder = np.array(["/" not in name for name in tested.names])  # none can be named "T-shirt/top"
    is_usable = (tested.row_of >= 0) & is_folder[tested.labels]
    right, wrong = (np.flatnonzero(is_usable & which) for which in (tested.is_right, ~tested.is_right))
    errors = round(COUNT * float(np.mean(~tested.is_right)))
    if len(right) < COUNT - errors or len(wrong) < errors:
        return []
    random = np.random.default_rng(0)
    rows = [*random.choice(right, COUNT - errors, replace=False), *random.choice(wrong, errors, replace=False)]
    random.shuffle(rows)
    return [(int(row), int(tested.labels[row]), tested.images[tested.row_of[row]]) for row in rows]
