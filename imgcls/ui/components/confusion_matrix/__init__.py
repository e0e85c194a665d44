"""The confusion matrix as an element of the page: cells that can be clicked, and reached with the arrow keys."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from imgcls.charts.theme import ERROR, QUIET
from imgcls.ui.components.component import own_component

HTML = """
<div class="matrix">
  <span class="true">true class</span>
  <div class="rows" aria-hidden="true"></div>
  <div class="field" tabindex="0" role="application"><div class="frame over" hidden></div>
    <div class="frame chosen" hidden></div></div>
  <div class="columns" aria-hidden="true"></div>
  <span class="predicted">predicted class</span>
  <div class="tip" hidden></div>
  <output class="spoken"></output>
</div>
"""


@dataclass(frozen=True)
class Drawn:
    """A matrix for the browser. Text, as Streamlit looks at each list it sends and asks whether it is a table."""

    classes: int
    content: str


def drawn(
    matrix: np.ndarray,
    names: Sequence[str],
    *,
    as_fractions: bool = False,
    errors_only: bool = False,
    order: Sequence[int] | None = None,
) -> Drawn:
    """What the browser draws of a matrix (k, k): true classes down, answers across, counts or shares of the true class.

    Right answers are grey and mistakes have a colour scale of their own, so that a good model's few mistakes show.
    `order` says which class stands where, else as they are numbered.
    """
    order = np.arange(len(matrix)) if order is None else np.asarray(order)
    counts = np.asarray(matrix)[np.ix_(order, order)]
    filled = np.nonzero(counts)
    content = {
        # A name from a foreign archive may hold half a surrogate pair, which no encoder for the browser accepts.
        "names": [str(names[number]).encode("utf-8", "replace").decode() for number in order],
        "order": order.tolist(),
        "cells": np.column_stack([*filled, counts[filled]]).ravel().tolist(),
        "sums": counts.sum(axis=1).tolist(),
        "isShares": as_fractions,
        "isErrorsOnly": errors_only,
        "colours": [_colour(QUIET, 0.8), _colour(ERROR, 0.9)],
    }
    return Drawn(len(counts), json.dumps(content))


def show(
    key: str,
    made: Drawn,
    *,
    selected: tuple[int, int] | None = None,
    follow: Callable[[tuple[int, int] | None], None] | None = None,
    note: str = "",
) -> None:
    """Draws what `drawn` made. `selected` (true, predicted) gets a frame; `follow` is told the cell that is pressed,
    or None where one is let go; `note` is added to the words that stand for the picture.
    """
    how = " Arrow keys move, Enter shows the pictures of a cell, Escape those of all." if follow else ""
    data = {
        "drawn": made.content,
        "selected": None if selected is None else list(selected),
        "isAsked": follow is not None,
        "label": f"Confusion matrix of {made.classes} classes.{how}{note and ' ' + note}",
    }

    def hear() -> None:
        message = (st.session_state.get(key) or {}).get("cell")
        if follow is not None and isinstance(message, dict):
            cell = message.get("cell")
            if cell is None or is_cell(cell, made.classes):
                follow(None if cell is None else tuple(cell))

    own_component("confusion_matrix", HTML)(key=key, data=data, on_cell_change=hear)


def is_cell(value: object, size: int) -> bool:
    """Whether a message from a browser names a cell of a matrix of this size."""
    return isinstance(value, list) and len(value) == 2 and all(type(one) is int and 0 <= one < size for one in value)


def _colour(colour: str, strongest: float) -> list[float]:
    return [*bytes.fromhex(colour[1:]), strongest]
