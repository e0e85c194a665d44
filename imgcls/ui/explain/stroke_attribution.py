"""Why: each stroke tinted by how much it speaks for the answer, and what the model would say without it."""

import base64
import html
from collections.abc import Callable, Sequence

import numpy as np

from imgcls.charts import theme
from imgcls.images.canvas_strokes import SIDE, Handwriting
from imgcls.inference.explain import stroke_attribution
from imgcls.inference.explain.stroke_attribution import Blame
from imgcls.runs.results import ModelCard
from imgcls.ui.widgets import formatting

Ask = Callable[[Sequence[Handwriting]], np.ndarray]
FOR, AGAINST, NEITHER = "#E69F00", "#56B4E9", "#9AA1A9"
"""On black, as on the canvas; dark letters stand on all three."""
CLEAR = 0.05
"""A smaller change of the probability is none."""
STYLE = """<style>
.why{display:flex;gap:16px;flex-wrap:wrap;min-height:190px}
.why img{width:180px;height:180px;border-radius:8px;flex:none}
.why ol{margin:0;padding:0;list-style:none;flex:1;min-width:170px;font-size:.875rem}
.why li{margin:0 0 .35rem;line-height:1.4}
.why i{display:inline-block;min-width:1.5em;padding:0 .3em;margin-right:.5em;border-radius:4px;color:#1C2530;
text-align:center;font-style:normal;font-weight:600}
.why p{opacity:.75;margin:0;font-size:.875rem}
</style>"""


def why(drawn: Handwriting, card: ModelCard, found: np.ndarray | None, ask: Ask, *, is_done: bool) -> str:
    """The strokes and their sentences, as HTML; `found` is what the model said to the whole.

    It asks the model once more, with as many pictures as there are strokes.
    """
    if not drawn or found is None:
        return _html(Handwriting(), [], "Which stroke speaks for the answer stands here, once there is one answer.")
    if not is_done:
        # The same during the whole stroke, so that the browser has nothing to do for it.
        return _html(Handwriting(), [], "It is said when the pen is lifted.")
    answer = int(found.argmax())
    blames = stroke_attribution.by_stroke(drawn, answer, float(found[answer]), ask)
    if not blames:
        return _html(drawn, [], "There are too few or too many strokes to take one away.")
    return _html(drawn, blames, "", card.classes, answer, is_one=len(drawn.strokes) == 1)


def _html(
    drawn: Handwriting, blames: list[Blame], text: str, names: Sequence[str] = (), answer: int = 0, is_one: bool = False
) -> str:
    paths = [(stroke, _colour(None)) for stroke in drawn.strokes]
    if blames:
        paths = [(one.points, _colour(one.weight)) for one in blames]
    lines = "".join(_line(points, colour) for points, colour in paths)
    marks = "".join(_mark(one.points, number) for number, one in enumerate(blames, 1))
    what = "part" if is_one else "stroke"
    items = "".join(
        f'<li><i style="background:{_colour(one.weight)}">{number}</i>{_sentence(one, names, answer, what)}</li>'
        for number, one in enumerate(blames, 1)
    )
    said = f"<ol>{items}</ol>" if items else f"<p>{html.escape(text)}</p>"
    legend = "<p>Orange speaks for the answer, blue against it, grey does little.</p>" if items else ""
    # As a picture of its own: Streamlit takes drawings out of HTML.
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}"><rect width="{SIDE}" height="{SIDE}"/>'
        f'<g fill="none" stroke-linecap="round" stroke-linejoin="round">{lines}</g>'
        f'<g font-family="sans-serif" font-weight="600" font-size="20" fill="#fff" stroke="#000" stroke-width="5" '
        f'paint-order="stroke">{marks}</g></svg>'
    )
    source = "data:image/svg+xml;base64," + base64.b64encode(image.encode()).decode()
    alt = "The strokes of the drawing, numbered" if items else "The strokes of the drawing"
    return (
        f'{STYLE}<div class="why"><img src="{source}" alt="{alt}">'
        f'<div style="flex:1;min-width:170px">{said}{legend}</div></div>'
    )


def _sentence(one: Blame, names: Sequence[str], answer: int, what: str) -> str:
    if one.other != answer:
        return f"Without this {what} it would be <b>{html.escape(names[one.other])}</b> ({formatting.fraction(one.probability)})."
    if one.weight > CLEAR:
        return f"Without this {what} the answer would be less sure by {100 * one.weight:.0f} points."
    if one.weight < -CLEAR:
        return f"Without this {what} the answer would be surer by {-100 * one.weight:.0f} points."
    return f"Without this {what} the answer stays."


def _colour(weight: float | None) -> str:
    if weight is None or abs(weight) < CLEAR:
        return NEITHER
    return theme.mixed(NEITHER, FOR if weight > 0 else AGAINST, min(1.0, 0.4 + abs(weight)))


def _line(points: np.ndarray, colour: str) -> str:
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points.tolist())
    width = max(6.0, float(points[:, 2].mean()))
    return f'<polyline points="{path}" stroke="{colour}" stroke-width="{width:.0f}"/>'


def _mark(points: np.ndarray, number: int) -> str:
    """The number of a stroke, beside its middle."""
    x, y, width = points[len(points) // 2].tolist()
    x = min(max(x + width / 2 + 8, 12), SIDE - 14)
    y = min(max(y, 16), SIDE - 6)
    return f'<text x="{x:.0f}" y="{y:.0f}">{number}</text>'
