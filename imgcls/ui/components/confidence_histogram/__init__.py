"""A histogram of the confidence of correct and incorrect predictions; each bar can be clicked."""

import json
from collections.abc import Callable

import numpy as np
import streamlit as st

from imgcls.ui.components.component import own_component
from imgcls.ui.components.figure_menu import framed

BARS = 20
WIDTH = 100 // BARS
"""Percent that each bar covers."""
TICKS = "".join(f'<span style="left:{at}%">{at}</span>' for at in range(0, 101, 20))
HTML = f"""
<div class="confidence" role="group" aria-label="Confidence of correct and incorrect predictions">
  <div class="legend" aria-hidden="true">
    <b>Confidence of the predictions</b>
    <span><i class="correct"></i>correct</span><span><i class="incorrect"></i>incorrect</span>
  </div>
  <div class="scale" aria-hidden="true"></div>
  <div class="bars"></div>
  <div class="ticks" aria-hidden="true">{TICKS}</div>
  <div class="title" aria-hidden="true">confidence, %</div>
  <div class="tip" hidden></div>
</div>
"""


def counted(confidence: np.ndarray, is_right: np.ndarray) -> dict[str, list[int]]:
    """Counts of correct and incorrect predictions in bins of 5%, by confidence (n,) from 0 to 1."""
    percent = np.float32(100) * np.clip(confidence, 0, 1).astype(np.float32)  # rounded as in evaluation.selection
    edges = np.linspace(0, 100, BARS + 1)
    sides = {"correct": is_right, "incorrect": ~is_right}
    return {side: np.histogram(percent[of], edges)[0].tolist() for side, of in sides.items()}


def show(
    key: str,
    counts: dict[str, list[int]],
    chosen: tuple[int, int],
    follow: Callable[[tuple[int, int] | None], None],
) -> None:
    """Draws what `counted` returned and highlights the bars inside `chosen` (percent).

    `follow` is called with the clicked bar's bounds, or None if it was deselected.
    """

    def receive() -> None:
        message = (st.session_state.get(key) or {}).get("bar")
        if isinstance(message, dict):
            bar = message.get("range")
            if bar is None or is_bar(bar):
                follow(None if bar is None else (bar[0], bar[1]))

    data = counts | {"chosen": None if chosen == (0, 100) else chosen}
    own_component("confidence_histogram", framed(HTML, "confidence"))(
        key=key, data=json.dumps(data), on_bar_change=receive
    )


def is_bar(value: object) -> bool:
    """Whether a message from a browser names a bar: [low, high] in percent."""
    if not (isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)):
        return False
    low, high = value
    return 0 <= low < 100 and low % WIDTH == 0 and high == low + WIDTH
