"""The input check: a drawing beside the training images, and a button that normalises it on the canvas."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from imgcls.errors import RunError
from imgcls.images.canvas_strokes import SIDE, Handwriting
from imgcls.images.ink import fill_of
from imgcls.inference import Answer, classify, input_quality
from imgcls.inference.input_quality import Finding
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.system import json_files
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import canvas
from imgcls.ui.widgets import formatting, gallery

STYLE = """<style>
.input-check{width:100%;border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
.input-check th,.input-check td{padding-block:.25rem;padding-inline-end:.5rem;text-align:start;font-weight:400;
vertical-align:top}
.input-check thead th{opacity:.75}
.input-check .unusual td{font-weight:600}
.input-check td{white-space:nowrap}
.input-check td:last-child{white-space:normal;min-width:9rem}
@media(max-width:640px){.input-check{font-size:.78rem}.input-check td:last-child{min-width:4.5rem}}
.before-after{display:flex;gap:14px;align-items:flex-end;margin-top:.6rem;min-height:110px;font-size:.875rem}
.before-after figure{margin:0}
.before-after img{width:84px;height:84px;image-rendering:pixelated;border-radius:6px;display:block}
</style>"""


@dataclass(frozen=True, eq=False)
class InputCheck:
    """The usual values in the training images, their source, and the findings about an image.

    `raw` is about the image without normalisation, None if that is not known; `model` about the model input.
    """

    usual: dict[str, dict[str, float]]
    source: str
    raw: list[Finding] | None
    model: list[Finding]


def check(run: Run, pixels: np.ndarray | None, raw: np.ndarray | None = None) -> InputCheck | None:
    """Compares an image of handwriting with the training images; None if those are unknown.

    `pixels` is the model input, `raw`, uint8 (height, width, 1), the same without normalisation.
    """
    statistics = _statistics(str(run.folder), run.stamp(input_quality.NAME, "gallery.npz"))
    if statistics is None:
        return None
    of_training, source = statistics
    if pixels is None:
        return InputCheck(of_training["usual"], source, [], [])
    images = [pixels] if raw is None else [raw, pixels]
    findings = input_quality.findings(np.stack(images), of_training)
    return InputCheck(of_training["usual"], source, None if raw is None else findings[0], findings[-1])


def chip(checked: InputCheck | None, below: Callable[[], str]) -> None:
    """A button that opens a verdict and the measurements, with `below` underneath. Nothing of it is computed while it
    is closed.

    Its label is always the same: with another, Streamlit would close it at every stroke.
    """
    with st.popover(
        _("Input check"),
        icon=":material/troubleshoot:",
        key="input-check-chip",
        width="content",
        on_change="rerun",
    ) as box:
        if not box.open:
            return
        unusual = sum(bool(finding.sentence) for finding in (checked.raw or checked.model)) if checked else 0
        if unusual:
            values = ngettext("{n} unusual value", "{n} unusual values", unusual).format(n=unusual)
            st.markdown(f":orange-badge[:material/warning: {values}]")
        elif checked is not None:
            text = _("Typical of the training images")
            st.markdown(f":green-badge[:material/check: {text}]")
        st.html(report(checked, below()))


def report(checked: InputCheck | None, below: str = "") -> str:
    """The measurements beside the usual ones, as HTML, with `below` underneath."""
    if checked is None:
        return "<p>" + _("There are no training images to compare with.") + "</p>"
    return STYLE + _table(checked) + below


def before_and_after(run: Run, card: ModelCard, raw: np.ndarray, answer: Answer, before: str = "") -> str:
    """The prediction without normalisation beside that with it, as HTML.

    If the prediction was rejected, both images are shown without one.
    """
    raw_probabilities = None if answer.rejection is not None else classify(run, card, raw[None])[0]
    probabilities = None if answer.rejection is not None else answer.probabilities
    cells = []
    sides = ((before or _("As drawn"), raw, raw_probabilities), (_("Normalised"), answer.pixels, probabilities))
    for title, pixels, row in sides:
        prediction, alt = "", _("{title}, at the model's resolution").format(title=title)
        if row is not None:
            best = int(row.argmax())
            prediction = f": <b>{html.escape(card.classes[best])}</b> {formatting.fraction(float(row[best]))}"
        cells.append(
            f'<figure><img src="{gallery.data_url(pixels, is_cached=False)}" alt="{html.escape(alt)}">'
            f"<figcaption>{title}{prediction}</figcaption></figure>"
        )
    return f'<div class="before-after">{"".join(cells)}</div>'


def show_fix(drawing: Handwriting, checked: InputCheck | None, side: int) -> None:
    """A button that normalises the drawing on the canvas if it is unusual; then one that undoes this.

    `side` is the height of the model input in pixels.
    """
    state = canvas.state()
    if state.before_fix is not None and drawing.as_lists() == state.start:
        st.button(
            _("Restore my drawing"),
            key="unfix",
            icon=":material/undo:",
            on_click=_restore,
            help=_("Restores your strokes as you drew them."),
        )
        return
    if checked is None or "stroke" not in checked.usual:
        return
    if any(finding.sentence for finding in checked.raw or ()):
        st.button(
            _("Redraw like the training images"),
            key="fix",
            icon=":material/healing:",
            on_click=_normalise,
            args=(drawing, checked.usual["stroke"]["mean"] / side, fill_of(side)),
            help=_("Redraws your strokes with the size, stroke width and position of the training images."),
        )


def _normalise(drawing: Handwriting, width: float, fill: float) -> None:
    canvas.state().before_fix = drawing
    canvas.put(drawing.normalised(SIDE * width, fill))


def _restore() -> None:
    state = canvas.state()
    if state.before_fix is not None:
        canvas.put(state.before_fix)
        state.before_fix = None


def _table(checked: InputCheck) -> str:
    sides = [checked.model] if checked.raw is None else [checked.raw, checked.model]
    columns = [{finding.measure.title: finding for finding in side} for side in sides]
    rows = []
    for name, usual in checked.usual.items():
        measure = input_quality.MEASURES[name]
        found = [column.get(measure.title) for column in columns]
        first, last = found[0], found[-1]
        typical = _value(name, usual["mean"])
        if name != "ground":
            typical = f"{usual['mean']:.{measure.digits}f} ± {_value(name, usual['deviation'])}"
        verdict, mark = "", ""
        if first and last:
            verdict = _(first.sentence or N_("typical"))
            mark = ' class="unusual"' if first.sentence else ""
            verdict += " " + _("Normalised") + "." if first.sentence and not last.sentence else ""
        cells = [*(_value(name, finding.value) if finding else "–" for finding in found), typical]
        rows.append(
            f"<tr{mark}><th scope=row>{html.escape(_(measure.title))}</th>"
            f"{''.join(f'<td>{cell}</td>' for cell in cells)}<td>{html.escape(verdict)}</td></tr>"
        )
    titles = (*(_("Your input"), _("Model input"))[-len(sides) :], _(checked.source))
    heads = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return (
        f'<table class="input-check"><thead><tr><td></td>{heads}<td></td></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _value(name: str, value: float) -> str:
    if name == "ground":
        return _("dark") if value < 128 else _("light")
    measure = input_quality.MEASURES[name]
    space = "" if measure.unit == "%" else " "
    return f"{value:.{measure.digits}f}{space}{_(measure.unit)}"


@lru_cache(16)
def _statistics(folder: str, stamp: tuple) -> tuple[dict[str, Any], str] | None:
    """What is usual, and in which images: the training images, or the test images of a run without statistics."""
    run = Run(Path(folder))
    try:
        return input_quality.checked(json_files.read(run.folder / input_quality.NAME)), N_("Training images")
    except (OSError, ValueError):
        pass  # older runs have none
    try:
        return input_quality.statistics(cached.single_label_predictions(run).images), N_("Test images")
    except RunError:
        return None
