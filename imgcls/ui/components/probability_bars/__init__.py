"""The answer in large letters and the probabilities as bars, which keep their places and move smoothly."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from imgcls.ui.components.component import own_component

MOST = 10
HTML = """
<div class="reply"><div class="both">
  <div>
    <div class="large" role="status"></div>
    <div class="sure"></div>
    <div class="bars" role="img"></div>
  </div>
  <div class="seen"><img><div class="notes"></div></div>
</div></div>
"""


NOT_KNOWN = "Nothing this model knows"
"""The title of a doubt that names nothing else."""


@dataclass(frozen=True)
class Rejection:
    """What is said in the place of an answer that would be a wrong certainty.

    `for_digits`: the picture is not one digit for any model of digits. Else it is this model that does not know it, and
    another one may.
    """

    title: str
    sentence: str
    for_digits: bool = False


@dataclass(frozen=True)
class Seen:
    """A picture (its URL) with what it shows for those who do not see it, and lines below it."""

    source: str
    alt: str
    lines: tuple[str, ...]


def show(
    probabilities: np.ndarray | None,
    names: Sequence[str],
    *,
    key: str,
    todo: str = "",
    rejection: Rejection | None = None,
    seen: Seen | None = None,
    predictions: dict[str, Any] | None = None,
) -> None:
    """The answer, the bars (all classes in their order up to ten, else the ten likeliest), and what was `seen`.

    While one thing is drawn, a class among the likeliest stays in its row (see answer.js).

    Without probabilities `todo` stands in the place of the answer and the bars are empty, so that nothing jumps when
    the first answer comes. A `doubt` stands in the place of the answer, too. `answers` goes to who asked, once the
    answer is painted (see canvas.js).
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
    if seen:
        data["seen"] = asdict(seen)
    if rejection:
        data |= {"doubt": rejection.title, "words": rejection.sentence}
    own_component("probability_bars", HTML)(key=key, data={"rows": rows, **data, **(predictions or {})})


def _words(probability: float) -> str:
    if probability >= 0.9:
        return f"The model gives it {100 * probability:.1f}%."
    if probability >= 0.6:
        return f"The model leans to it with {100 * probability:.1f}%."
    return f"The model is unsure: its best guess has {100 * probability:.1f}%."
