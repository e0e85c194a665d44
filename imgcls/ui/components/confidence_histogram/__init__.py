"""Bars of how sure the model was of its right and of its wrong answers; each step can be pressed."""

import json
from collections.abc import Callable

import numpy as np
import streamlit as st

from imgcls.ui.components.component import own_component

STEPS = 20
WIDTH = 100 // STEPS
"""Percent that each step covers."""
TICKS = "".join(f'<span style="left:{at}%">{at}</span>' for at in range(0, 101, 20))
HTML = f"""
<div class="certainty" role="group" aria-label="How sure the model was of right and of wrong answers">
  <div class="legend" aria-hidden="true"><span><i class="right"></i>right</span><span><i class="wrong"></i>wrong</span>
  </div>
  <div class="scale" aria-hidden="true"></div>
  <div class="bars"></div>
  <div class="ticks" aria-hidden="true">{TICKS}</div>
  <div class="title" aria-hidden="true">how sure of its answer, in %</div>
  <div class="tip" hidden></div>
</div>
"""


def counted(confidence: np.ndarray, is_right: np.ndarray) -> dict[str, list[int]]:
    """How many answers are right and wrong, in steps of 5%, by the probability of the answer (n,) from 0 to 1."""
    percent = np.float32(100) * np.clip(confidence, 0, 1).astype(np.float32)  # as a selection counts it
    edges = np.linspace(0, 100, STEPS + 1)
    sides = {"right": is_right, "wrong": ~is_right}
    return {side: np.histogram(percent[of], edges)[0].tolist() for side, of in sides.items()}


def show(
    key: str,
    counts: dict[str, list[int]],
    chosen: tuple[int, int],
    follow: Callable[[tuple[int, int] | None], None],
) -> None:
    """Draws what `counted` counted, the part that is chosen stronger; both in percent.

    `follow` is told the step that is pressed, or None where one is let go.
    """

    def hear() -> None:
        message = (st.session_state.get(key) or {}).get("step")
        if isinstance(message, dict):
            step = message.get("range")
            if step is None or is_step(step):
                follow(None if step is None else tuple(step))

    data = counts | {"chosen": None if chosen == (0, 100) else chosen}
    own_component("confidence_histogram", HTML)(key=key, data=json.dumps(data), on_step_change=hear)


def is_step(value: object) -> bool:
    """Whether a message from a browser names a step: [low, high] in percent."""
    if not (isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)):
        return False
    low, high = value
    return 0 <= low < 100 and low % WIDTH == 0 and high == low + WIDTH
