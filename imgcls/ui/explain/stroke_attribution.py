"""Each stroke of a drawing in the colour of its contribution to the prediction, and what changes without it."""

import base64
import html
from collections.abc import Sequence

import numpy as np

from imgcls.charts import theme
from imgcls.images.canvas_strokes import SIDE, Handwriting
from imgcls.inference import Answer, explain
from imgcls.inference.explain.stroke_attribution import Contribution
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.widgets import formatting

SUPPORTS, OPPOSES, NEUTRAL = "#E69F00", "#56B4E9", "#9AA1A9"
"""On black, as on the canvas; dark text is readable on all three."""
SMALLEST = 0.05
"""A smaller change of the probability counts as none."""
STYLE = """<style>
.why{display:flex;gap:16px;flex-wrap:wrap;min-height:190px}
.why img{width:180px;height:180px;border-radius:8px;flex:none}
.why ol{margin:0;padding:0;list-style:none;flex:1;min-width:170px;font-size:.875rem}
.why li{margin:0 0 .35rem;line-height:1.4}
.why i{display:inline-block;min-width:1.5em;padding:0 .3em;margin-inline-end:.5em;border-radius:4px;color:#1C2530;
text-align:center;font-style:normal;font-weight:600}
.why p{opacity:.75;margin:0;font-size:.875rem}
</style>"""
NONE_YET = N_("The contribution of each stroke appears here after a prediction.")
PEN_DOWN = N_("Lift the pen to see the contribution of each stroke.")
NOT_DIVISIBLE = N_("This drawing has too few or too many strokes to measure their contributions.")


def render(run: Run, card: ModelCard, drawing: Handwriting, answer: Answer | None, *, is_done: bool) -> str:
    """The strokes and a sentence about each, as HTML. The model classifies the drawing once without each stroke."""
    sections = []
    for method in explain.methods(explain.STROKES):
        if not drawing or answer is None or answer.rejection is not None:
            body = _html(Handwriting(), [], NONE_YET)
        elif not is_done:
            # The same during the whole stroke, so that the browser has nothing to do for it.
            body = _html(Handwriting(), [], PEN_DOWN)
        elif contributions := method.contributions(run, card, drawing, answer.probabilities):
            body = _html(drawing, contributions, "", card.classes, answer.index, is_one=len(drawing.strokes) == 1)
        else:
            body = _html(drawing, [], NOT_DIVISIBLE)
        sections.append(f'<h4 title="{html.escape(_(method.HELP))}">{html.escape(_(method.TITLE))}</h4>{body}')
    return "".join(sections)


def _html(
    drawing: Handwriting,
    contributions: list[Contribution],
    text: str,
    classes: Sequence[str] = (),
    target: int = 0,
    is_one: bool = False,
) -> str:
    paths = [(stroke, _colour(None)) for stroke in drawing.strokes]
    if contributions:
        paths = [(one.points, _colour(one.weight)) for one in contributions]
    lines = "".join(_line(points, colour) for points, colour in paths)
    numbers = "".join(_number(one.points, number) for number, one in enumerate(contributions, 1))
    items = "".join(
        f'<li><i style="background:{_colour(one.weight)}">{number}</i>{_sentence(one, classes, target, is_one)}</li>'
        for number, one in enumerate(contributions, 1)
    )
    content = f"<ol>{items}</ol>" if items else f"<p>{html.escape(_(text))}</p>"
    legend = _("Orange supports the prediction, blue opposes it, grey has little effect.")
    legend = f"<p>{html.escape(legend)}</p>" if items else ""
    # An image of its own, because Streamlit removes SVG from HTML.
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}"><rect width="{SIDE}" height="{SIDE}"/>'
        f'<g fill="none" stroke-linecap="round" stroke-linejoin="round">{lines}</g>'
        f'<g font-family="sans-serif" font-weight="600" font-size="20" fill="#fff" stroke="#000" stroke-width="5" '
        f'paint-order="stroke">{numbers}</g></svg>'
    )
    source = "data:image/svg+xml;base64," + base64.b64encode(image.encode()).decode()
    alt = _("The strokes of the drawing, numbered") if items else _("The strokes of the drawing")
    text = f'<div style="flex:1;min-width:170px">{content}{legend}</div>'
    return STYLE + framed(f'<div class="why"><img src="{source}" alt="{html.escape(alt)}">{text}</div>', "strokes")


def _sentence(one: Contribution, classes: Sequence[str], target: int, is_part: bool) -> str:
    """What the prediction would be without a stroke, or without a part of the only one."""
    if one.other != target:
        text = _("Without this stroke the prediction would be {name} ({probability}).")
        if is_part:
            text = _("Without this part the prediction would be {name} ({probability}).")
        name = f"<b>{html.escape(classes[one.other])}</b>"
        return text.format(name=name, probability=formatting.fraction(one.probability))
    if one.weight > SMALLEST:
        text = _("Removing this stroke lowers the confidence by {points} points.")
        if is_part:
            text = _("Removing this part lowers the confidence by {points} points.")
    elif one.weight < -SMALLEST:
        text = _("Removing this stroke raises the confidence by {points} points.")
        if is_part:
            text = _("Removing this part raises the confidence by {points} points.")
    else:
        text = _("Removing this part changes little.") if is_part else _("Removing this stroke changes little.")
    return text.format(points=f"{100 * abs(one.weight):.0f}")


def _colour(weight: float | None) -> str:
    if weight is None or abs(weight) < SMALLEST:
        return NEUTRAL
    return theme.mixed(NEUTRAL, SUPPORTS if weight > 0 else OPPOSES, min(1.0, 0.4 + abs(weight)))


def _line(points: np.ndarray, colour: str) -> str:
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points.tolist())
    width = max(6.0, float(points[:, 2].mean()))
    return f'<polyline points="{path}" stroke="{colour}" stroke-width="{width:.0f}"/>'


def _number(points: np.ndarray, number: int) -> str:
    """The number of a stroke, beside its middle."""
    x, y, width = points[len(points) // 2].tolist()
    x = min(max(x + width / 2 + 8, 12), SIDE - 14)
    y = min(max(y, 16), SIDE - 6)
    return f'<text x="{x:.0f}" y="{y:.0f}">{number}</text>'
