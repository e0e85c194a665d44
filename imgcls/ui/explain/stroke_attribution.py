"""What each stroke of a drawing contributes to the prediction: marks for the canvas, and a sentence about each."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from imgcls.images.canvas_strokes import SIDE, Handwriting
from imgcls.inference import Answer, explain
from imgcls.inference.explain.stroke_attribution import Contribution
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.widgets import formatting

SUPPORTS, OPPOSES, NEUTRAL = "#E69F00", "#56B4E9", "#9AA1A9"
"""On black, as on the canvas; dark text is readable on all three."""
SMALLEST = 0.05
"""A smaller change of the probability counts as none."""
STYLE = """<style>
.why.wait{min-height:9.5rem}
.why ol{margin:0;padding:0;list-style:none;font-size:.875rem}
.why li{margin:0 0 .35rem;line-height:1.4}
.why i{display:inline-block;min-width:1.5em;padding:0 .3em;margin-inline-end:.5em;border-radius:4px;color:#1C2530;
text-align:center;font-style:normal;font-weight:600}
.why p{opacity:.75;margin:0;font-size:.875rem}
</style>"""
NONE_YET = N_("The contribution of each stroke appears here after a prediction.")
PEN_DOWN = N_("Lift the pen to see the contribution of each stroke.")
NONE_DECIDES = N_("No single part of the drawing is decisive: removing any one of them hardly changes the prediction.")
NOT_DIVISIBLE = N_("This drawing has too few or too many strokes to measure their contributions.")


@dataclass(frozen=True)
class Explained:
    """HTML with a sentence about each stroke, the marks for the canvas (`ui.components.canvas.mark`), and what their
    colours mean, in a line."""

    html: str
    marks: list[dict[str, object]]
    legend: str


def explain_strokes(
    run: Run, card: ModelCard, drawing: Handwriting, answer: Answer | None, *, is_done: bool
) -> Explained:
    """The contribution of each stroke. The model classifies the drawing once without each of them."""
    sections, marks, legend = [], [], ""
    for method in explain.methods(explain.STROKES):
        room = ""  # kept free while the sentences are still to come, so that what is below stays
        if not drawing or answer is None or answer.rejection is not None:
            body = _note(NONE_YET)
        elif not is_done:
            # The same during the whole stroke, so that the browser has nothing to do for it.
            body, room = _note(PEN_DOWN), " wait"
        elif contributions := method.contributions(run, card, drawing, answer.probabilities):
            if all(_is_small(one, answer.index) for one in contributions):
                body = _note(NONE_DECIDES)  # instead of the same sentence about each, and numbers that say nothing
            else:
                body = _list(contributions, card.classes, answer.index, is_one=len(drawing.strokes) == 1)
                marks = [_mark(one, number) for number, one in enumerate(contributions, 1)]
                legend = _legend(contributions)
        else:
            body = _note(NOT_DIVISIBLE)
        title = f'<h2 title="{html.escape(_(method.HELP))}">{html.escape(_(method.TITLE))}</h2>'
        sections.append(f'{STYLE}{title}<div class="why{room}">{body}</div>')
    return Explained("".join(sections), marks, legend)


def _legend(contributions: list[Contribution]) -> str:
    """The meaning of the colours and the numbers that are on the drawing, in a line that fits below the canvas."""
    supporting = any(one.weight > SMALLEST for one in contributions)
    opposing = any(one.weight < -SMALLEST for one in contributions)
    texts = [_("Orange supports the prediction.")] if supporting else []
    texts += [_("Blue opposes the prediction.")] if opposing else []
    return " ".join([*texts, _("The numbers are explained below.")])


def _note(text: str) -> str:
    return f"<p>{html.escape(_(text))}</p>"


def _list(contributions: list[Contribution], classes: Sequence[str], target: int, *, is_one: bool) -> str:
    items = "".join(
        f'<li><i style="background:{_colour(one.weight)}">{number}</i>{_sentence(one, classes, target, is_one)}</li>'
        for number, one in enumerate(contributions, 1)
    )
    legend = _("Orange supports the prediction, blue opposes it, grey has little effect.")
    return f"<ol>{items}</ol><p>{html.escape(legend)}</p>"


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


def _is_small(one: Contribution, target: int) -> bool:
    return one.other == target and abs(one.weight) < SMALLEST


def _colour(weight: float) -> str:
    if abs(weight) < SMALLEST:
        return NEUTRAL
    return SUPPORTS if weight > 0 else OPPOSES  # as the key calls them: a weak orange would be khaki


def _mark(one: Contribution, number: int) -> dict[str, object]:
    """What the canvas paints on a stroke: a core in its colour, none if it has little effect, and its number beside its
    middle."""
    x, y, width = one.points[len(one.points) // 2].tolist()
    return {
        "points": one.points.round(1).ravel().tolist(),
        "colour": "" if abs(one.weight) < SMALLEST else _colour(one.weight),
        "number": str(number),
        "x": min(max(x + width / 2 + 4, 4), SIDE - 12),
        "y": min(max(y, 12), SIDE - 4),
    }
