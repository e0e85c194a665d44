"""The prediction in large letters and the probabilities as bars, which keep their places and move smoothly."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from imgcls.inference.rejection import Rejection
from imgcls.ui.components.component import own_component
from imgcls.ui.components.figure_menu import framed

MOST = 10
HTML = """
<div class="answer"><div class="columns">
  <div>
    <div class="large" role="status"></div>
    <div class="confidence"></div>
    <div class="bars" role="img"></div>
  </div>
  <div class="input"><img><div class="notes"></div></div>
</div></div>
"""


@dataclass(frozen=True)
class ModelInput:
    """An image (its URL) with a description for screen readers, and lines of text below it."""

    source: str
    alt: str
    lines: tuple[str, ...]


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
        rows = [{"name": name, "probability": 0.0, "best": False} for name in classes[:MOST]]
        data = {"prediction": None, "todo": todo, "text": "", "description": "No prediction yet"}
    else:
        best = int(probabilities.argmax())
        order = range(len(classes)) if len(classes) <= MOST else np.argsort(-probabilities)[:MOST].tolist()
        rows = [
            {"name": classes[i], "probability": round(float(probabilities[i]), 4), "best": i == best} for i in order
        ]
        description = ", ".join(f"{row['name']} {row['probability']:.1%}" for row in rows)
        data = {
            "prediction": classes[best],
            "text": _confidence(float(probabilities[best])),
            "description": f"Probabilities: {description}",
        }
    if model_input:
        data["input"] = asdict(model_input)
    if rejection:
        data |= {"rejection": rejection.title, "text": rejection.text}
    own_component("probability_bars", framed(HTML, "probabilities"))(
        key=key, data={"rows": rows, **data, **(acknowledge or {})}
    )


def _confidence(probability: float) -> str:
    percent = f"{100 * probability:.1f}%"
    if probability >= 0.9:
        return f"Confidence {percent}."
    if probability >= 0.6:
        return f"Likely ({percent})."
    return f"Uncertain: the most probable class has {percent}."
