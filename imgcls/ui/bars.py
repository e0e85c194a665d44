"""The answer in large letters and the probabilities as bars, which keep their places and move smoothly."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

MOST = 10
FILES = Path(__file__).parent
HTML = """
<div class="reply">
  <div class="large" role="status"></div>
  <div class="sure"></div>
  <div class="warning" role="status" hidden></div>
  <div class="bars" role="img"></div>
</div>
"""


@lru_cache(1)
def _component():
    return st.components.v2.component(
        "imgcls.answer",
        html=HTML,
        css=(FILES / "answer.css").read_text("utf-8"),
        js=(FILES / "answer.js").read_text("utf-8"),
    )


def show(
    probabilities: np.ndarray | None,
    names: Sequence[str],
    *,
    key: str,
    todo: str = "",
    warning: str = "",
    answers: dict[str, Any] | None = None,
) -> None:
    """The answer and the bars: all classes in their order up to ten, else the ten likeliest.

    Without probabilities `todo` stands in the place of the answer and the bars are empty, so that nothing jumps when
    the first answer comes. `answers` goes to who asked, once the answer is painted (see canvas.js).
    """
    if probabilities is None:
        rows = [{"name": name, "share": 0, "best": False} for name in names[:MOST]]
        data = {"answer": None, "todo": todo, "words": "", "told": "No answer yet"}
    else:
        best = int(probabilities.argmax())
        order = range(len(names)) if len(names) <= MOST else np.argsort(-probabilities)[:MOST].tolist()
        rows = [{"name": names[i], "share": round(float(probabilities[i]), 4), "best": i == best} for i in order]
        told = ", ".join(f"{row['name']} {row['share']:.1%}" for row in rows)
        data = {"answer": names[best], "words": _words(float(probabilities[best])), "told": f"Probabilities: {told}"}
    _component()(key=key, data={"rows": rows, "warning": warning, **data, **(answers or {})})


def _words(probability: float) -> str:
    if probability >= 0.9:
        return f"The model gives it {100 * probability:.1f} %."
    if probability >= 0.6:
        return f"The model leans to it with {100 * probability:.1f} %."
    return f"The model is unsure: its best guess has {100 * probability:.1f} %."
