"""The confusion matrix as a browser component: cells can be clicked and reached with the arrow keys."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from imgcls.charts.theme import ERROR, QUIET
from imgcls.ui.components.component import own_component

HTML = """
<div class="matrix">
  <span class="true"></span>
  <div class="rows" aria-hidden="true"></div>
  <div class="field" tabindex="0" role="application"><div class="frame hovered" hidden></div>
    <div class="frame chosen" hidden></div><div class="frame mirrored" hidden></div></div>
  <div class="columns" aria-hidden="true"></div>
  <span class="predicted"></span>
  <div class="tip" hidden></div>
  <output class="announced"></output>
</div>
"""


SLANTED_FROM = 7
"""With this many classes, longer names of columns are slanted."""
ABOVE = "350px"
"""What is above the matrix of Evaluate: where the screen allows, all rows, the columns' names and axis are in view."""
AXES = {False: ("true class", "predicted class"), True: ("missing label", "predicted label")}


@dataclass(frozen=True)
class Drawn:
    """A matrix for the browser. JSON text, because Streamlit checks whether each list that it sends is a table."""

    classes: int
    content: str
    is_multilabel: bool = False


def drawn(
    matrix: np.ndarray,
    names: Sequence[str],
    *,
    as_fractions: bool = False,
    errors_only: bool = False,
    order: Sequence[int] | np.ndarray | None = None,
    sums: np.ndarray | None = None,
) -> Drawn:
    """What the browser draws of a matrix (k, k): true classes in rows, predictions in columns.

    Cells show counts, or fractions of the row's total. Correct predictions are grey and errors have a colour scale of
    their own, so that a good model's few errors are visible. `order` gives the position of each class, by default its
    index. `sums` (k,) are the row totals if they are not the sums of the rows: then it is the matrix of error pairs of
    a multi-label run, with missing labels in rows and incorrectly predicted labels in columns.
    """
    positions = np.arange(len(matrix)) if order is None else np.asarray(order)
    counts = np.asarray(matrix)[np.ix_(positions, positions)]
    filled = np.nonzero(counts)
    content = {
        # A name from an imported archive may contain half a surrogate pair, which no encoder for the browser accepts.
        "names": [str(names[number]).encode("utf-8", "replace").decode() for number in positions.tolist()],
        "order": positions.tolist(),
        "cells": np.column_stack([*filled, counts[filled]]).ravel().tolist(),
        "sums": (counts.sum(axis=1) if sums is None else sums[positions]).tolist(),
        "isFractions": as_fractions,
        "isErrorsOnly": errors_only,
        "isMultilabel": sums is not None,
        "room": room([str(name) for name in names]),
        "axes": AXES[sums is not None],
        "colours": [_colour(QUIET, 0.8), _colour(ERROR, 0.9)],
    }
    return Drawn(len(counts), json.dumps(content), sums is not None)


def room(names: Sequence[str]) -> tuple[str, str]:
    """The height of the cells and that of the names of columns, as CSS: all of it fits into the window if rows of a
    readable height do. With more than 20 classes cells have no numbers, and rows are named one by one as far as that
    goes, so that matrix is as high as it needs."""
    size, length = len(names), min(18, max(4, *map(len, names), 0))
    below = f"{length * 0.34 + 1:.2f}rem" if size >= SLANTED_FROM and length > 4 else "1.6rem"
    lowest = 22 if size <= 12 else 14 if size <= 20 else 28
    low, high = (min(600, max(210, side * size)) for side in (lowest, 34))
    return f"clamp({low}px, 100dvh - {ABOVE} - {below} - 2.25rem, {high}px)", below


def show(
    key: str,
    made: Drawn,
    *,
    selected: tuple[int, int] | None = None,
    is_pair: bool = False,
    follow: Callable[[tuple[int, int] | None], None] | None = None,
    note: str = "",
) -> None:
    """Draws what `drawn` made. `selected` (row, column) gets a frame, and (column, row), too, if it `is_pair`.

    `follow` is called with the clicked cell, or None if it was deselected; `note` is appended to the description for
    screen readers.
    """
    keys = " Arrow keys move, Enter shows the images of a cell, Escape shows all." if follow else ""
    kind = (
        f"Error pairs of {made.classes} labels."
        if made.is_multilabel
        else f"Confusion matrix of {made.classes} classes."
    )
    data = {
        "drawn": made.content,
        "selected": None if selected is None else list(selected),
        "isPair": is_pair,
        "isClickable": follow is not None,
        "label": f"{kind}{keys}{note and ' ' + note}",
    }

    def receive() -> None:
        message = (st.session_state.get(key) or {}).get("cell")
        if follow is not None and isinstance(message, dict):
            cell = message.get("cell")
            if cell is None or is_cell(cell, made.classes):
                follow(None if cell is None else (cell[0], cell[1]))

    own_component("confusion_matrix", HTML, with_percent=True)(key=key, data=data, on_cell_change=receive)


def is_cell(value: object, size: int) -> bool:
    """Whether a message from a browser names a cell of a matrix of this size."""
    return isinstance(value, list) and len(value) == 2 and all(type(one) is int and 0 <= one < size for one in value)


def _colour(colour: str, strongest: float) -> list[float]:
    return [*bytes.fromhex(colour[1:]), strongest]
