"""The prediction in large letters and the probabilities as bars, which keep their places and move smoothly."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from imgcls import languages
from imgcls.inference.rejection import Rejection
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.ui.components.component import own_component
from imgcls.ui.components.figure_menu import framed

MOST = 10
EMPTY = N_("The longer a bar, the more probable the class.")
"""What the empty bars are, before the first prediction."""
HTML = """
<div class="answer"><div class="columns">
  <div>
    <div class="large" role="status"></div>
    <div class="confidence"></div>
    <div class="bars" role="img"></div>
  </div>
  <div class="input"><div class="sheet"><img><b hidden></b></div><p class="pixel" role="status"></p>
  <div class="notes"></div></div>
</div></div>
"""


@dataclass(frozen=True)
class ModelInput:
    """An image (its URL) with a description for screen readers, and lines of text below it.

    Each of its pixels has one number, or three with three `channels`.
    """

    source: str
    alt: str
    lines: tuple[str, ...]
    channels: int = 1


def show(
    probabilities: np.ndarray | None,
    classes: Sequence[str],
    *,
    key: str,
    todo: str = "",
    rejection: Rejection | None = None,
    model_input: ModelInput | None = None,
    acknowledge: dict[str, Any] | None = None,
) -> None:
    """The prediction, the bars (all classes in their order up to ten, else the ten most probable), and the model input.

    While something is being drawn, a class among the most probable stays in its row (see probability_bars.js).

    Without probabilities, `todo` takes the place of the prediction and the bars are empty, so that nothing jumps when
    the first prediction comes. A `rejection` also takes its place. `acknowledge` is sent to the canvas or camera once
    the answer is painted (see canvas.js).
    """
    data: dict[str, Any]
    if probabilities is None:
        rows = [{"name": name, "probability": 0.0, "percent": "", "best": False} for name in classes[:MOST]]
        data = {"prediction": None, "todo": todo, "text": _(EMPTY), "description": _("No prediction yet")}
    else:
        best = int(probabilities.argmax())
        order = range(len(classes)) if len(classes) <= MOST else np.argsort(-probabilities)[:MOST].tolist()
        shown = [(i, float(probabilities[i])) for i in order]
        rows = [
            {"name": classes[i], "probability": round(p, 4), "percent": languages.percent(p), "best": i == best}
            for i, p in shown
        ]
        description = ", ".join(f"{row['name']} {row['percent']}" for row in rows)
        data = {
            "prediction": classes[best],
            "text": _confidence(float(probabilities[best])),
            "description": _("Probabilities: {values}").format(values=description),
        }
    if model_input:
        texts = {
            "point": _("Point at a pixel to see its value, from 0 (dark) to 255 (bright)."),
            "pixel": _("Row {row}, column {column}: {value}"),
        }
        data["input"] = {**asdict(model_input), "texts": texts}
    if rejection:
        data |= {"rejection": rejection.title, "text": rejection.text}
    own_component("probability_bars", framed(HTML, "probabilities"))(
        key=key, data={"rows": rows, **data, **(acknowledge or {})}
    )


def _confidence(probability: float) -> str:
    text = _("Uncertain: the most probable class has {percent}.")
    if probability >= 0.9:
        text = _("Confidence {percent}.")
    elif probability >= 0.6:
        text = _("Likely ({percent}).")
    return text.format(percent=languages.percent(probability))
