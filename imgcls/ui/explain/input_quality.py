"""The doctor: the drawing beside what the model learnt from, and a Fix that shows before and after."""

import html
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls.errors import RunError
from imgcls.images.canvas_strokes import SIDE, Handwriting
from imgcls.images.ink import fill_of
from imgcls.images.loading import Prepared
from imgcls.inference import input_quality
from imgcls.inference.input_quality import Finding
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import canvas
from imgcls.ui.widgets import formatting, gallery

STYLE = """<style>
.doctor{width:100%;border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
.doctor th,.doctor td{padding:.25rem .5rem .25rem 0;text-align:left;font-weight:400;vertical-align:top}
.doctor thead th{opacity:.75}
.doctor .off td{font-weight:600}
.doctor td{white-space:nowrap}
.doctor td:last-child{white-space:normal;min-width:9rem}
@media(max-width:640px){.doctor{font-size:.78rem}.doctor td:last-child{min-width:4.5rem}}
.fix{display:flex;gap:14px;align-items:flex-end;margin-top:.6rem;min-height:110px;font-size:.875rem}
.fix figure{margin:0}
.fix img{width:84px;height:84px;image-rendering:pixelated;border-radius:6px;display:block}
</style>"""
ROOM = '<div class="fix"></div>'
"""So that nothing below jumps when before and after come."""


@dataclass(frozen=True, eq=False)
class Examined:
    """What is usual in training, what that was taken from, and the findings in a picture.

    `yours` is about the picture as it would be without the page's care, None where that is not known; `models` about
    what the model gets.
    """

    usual: dict
    source: str
    yours: list[Finding] | None
    models: list[Finding]


def examined(run: Run, prepared: Prepared | None, raw: np.ndarray | None = None) -> Examined | None:
    """A picture of writing beside the training pictures; None where these are unknown.

    `prepared` is the picture that the model gets, `raw`, uint8 (height, width, 1), the same without the page's care.
    """
    known = _known(str(run.folder), run.stamp(input_quality.NAME, "gallery.npz"))
    if known is None:
        return None
    of_training, source = known
    if prepared is None:
        return Examined(of_training["usual"], source, [], [])
    images = [prepared.pixels] if raw is None else [raw, prepared.pixels]
    findings = input_quality.findings(np.stack(images), of_training)
    return Examined(of_training["usual"], source, None if raw is None else findings[0], findings[-1])


def report(seen: Examined | None, below: str = ROOM) -> str:
    """The figures of a picture beside the usual ones, as HTML, and what stands below them."""
    if seen is None:
        return "<p>There are no training pictures to compare with.</p>"
    return STYLE + _table(seen) + below


def before_and_after(
    run: Run, card: ModelCard, raw: np.ndarray, pixels: np.ndarray, found: np.ndarray | None, before: str = "As drawn"
) -> str:
    """What the model says to a picture without the page's care, and what it said, `found`, to the one with it; HTML.

    Where its answer is in doubt, `found` is None, and both pictures stand there without one.
    """
    cells = []
    predictions = (None, None) if found is None else (cached.predictions(run, card, raw[None])[0], found)
    for title, image, answer in zip((before, "Put right"), (raw, pixels), predictions, strict=True):
        said = ""
        if answer is not None:
            best = int(answer.argmax())
            said = f": <b>{html.escape(card.classes[best])}</b> {formatting.fraction(float(answer[best]))}"
        cells.append(
            f'<figure><img src="{gallery.data_url(image, is_cached=False)}" alt="{title}, in the pixels of the model">'
            f"<figcaption>{title}{said}</figcaption></figure>"
        )
    return f'<div class="fix">{"".join(cells)}</div>'


def fix(drawn: Handwriting, seen: Examined | None, side: int) -> None:
    """A button that puts the canvas right, where something on it is not as in training; then one that takes it back.

    `side` is the height of the model's pictures in pixels.
    """
    kept = canvas.kept()
    if kept.before is not None and drawn.as_lists() == kept.start:
        st.button(
            "Back to my drawing",
            key="unfix",
            icon=":material/undo:",
            on_click=_take_back,
            help="Puts your strokes onto the canvas again as you drew them.",
        )
        return
    if seen is None or "stroke" not in seen.usual:
        return
    if any(finding.sentence for finding in seen.yours or ()):
        st.button(
            "Fix the drawing",
            key="fix",
            icon=":material/healing:",
            on_click=_put_right,
            args=(drawn, seen.usual["stroke"]["mean"] / side, fill_of(side)),
            help="Draws your strokes anew on the canvas: as large, as wide and in the place as in training.",
        )


def _put_right(drawn: Handwriting, width: float, fill: float) -> None:
    canvas.kept().before = drawn
    canvas.put(drawn.put_right(SIDE * width, fill))


def _take_back() -> None:
    kept = canvas.kept()
    if kept.before is not None:
        canvas.put(kept.before)
        kept.before = None


def _table(seen: Examined) -> str:
    sides = [seen.models] if seen.yours is None else [seen.yours, seen.models]
    columns = [{finding.sign.title: finding for finding in side} for side in sides]
    rows = []
    for name, usual in seen.usual.items():
        sign = input_quality.SIGNS[name]
        found = [column.get(sign.title) for column in columns]
        mine, its = found[0], found[-1]
        usually = _value(name, usual["mean"])
        if name != "ground":
            usually = f"{usual['mean']:.{sign.digits}f} ± {usual['deviation']:.{sign.digits}f} {sign.unit}"
        said, mark = "", ""
        if mine and its:
            said = mine.sentence or "as usual"
            mark = ' class="off"' if mine.sentence else ""
            said += " It was put right." if mine.sentence and not its.sentence else ""
        cells = [*(_value(name, finding.value) if finding else "–" for finding in found), usually]
        rows.append(
            f"<tr{mark}><th scope=row>{sign.title}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}"
            f"<td>{html.escape(said)}</td></tr>"
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in (*("Yours", "Model gets")[-len(sides) :], seen.source))
    return (
        f'<table class="doctor"><thead><tr><td></td>{heads}<td></td></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _value(name: str, value: float) -> str:
    sign = input_quality.SIGNS[name]
    if name == "ground":
        return "dark" if value < 128 else "light"
    return f"{value:.{sign.digits}f} {sign.unit}"


@lru_cache(16)
def _known(folder: str, stamp: tuple) -> tuple[dict, str] | None:
    """What is usual, and in what: the training pictures, or where a run does not know them, its test pictures."""
    run = Run(Path(folder))
    try:
        return input_quality.checked(json.loads((run.folder / input_quality.NAME).read_bytes())), "In training"
    except (OSError, ValueError, RecursionError):
        pass  # an older run has none
    try:
        return input_quality.figures(cached.single_label_predictions(run).images), "In test pictures"
    except RunError:
        return None
