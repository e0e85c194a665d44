"""The doctor: the drawing beside what the model learnt from, and a Fix that shows before and after."""

import html
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls import doctor
from imgcls.doctor import Finding
from imgcls.errors import RunError
from imgcls.handwriting import SIDE, Handwriting
from imgcls.images import Prepared
from imgcls.ink import MNIST_FILL
from imgcls.runs import Run
from imgcls.ui import canvas, gallery, stored

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


def report(run: Run, facts: dict, prepared: Prepared | None, raw: np.ndarray | None = None) -> str:
    """The figures of a picture of writing beside those of the training pictures, as HTML.

    `raw` is the picture, uint8 (height, width, 1), as it would be without the page's care; `prepared` with it. Where
    both are given, what the model says to each stands below.
    """
    known = _known(str(run.folder), run.stamp(doctor.NAME, "gallery.npz"))
    if known is None:
        return "<p>There are no training pictures to compare with.</p>"
    of_training, source = known
    given = doctor.findings(prepared.pixels, of_training) if prepared else []
    if raw is None:
        return STYLE + _table(given, given, of_training, source) + ROOM
    table = _table(doctor.findings(raw, of_training), given, of_training, source)
    return STYLE + table + _before_and_after(run, facts, raw, prepared.pixels)


def fix(run: Run, drawn: Handwriting, raw: np.ndarray) -> None:
    """A button that puts the canvas right, where something on it is not as in training."""
    known = _known(str(run.folder), run.stamp(doctor.NAME, "gallery.npz"))
    if known is None or "stroke" not in known[0]["usual"]:
        return
    if any(finding.sentence for finding in doctor.findings(raw, known[0])):
        st.button(
            "Fix the drawing",
            key="fix",
            icon=":material/healing:",
            on_click=_put_right,
            args=(drawn, known[0]["usual"]["stroke"]["mean"] / len(raw)),
            help="Draws your strokes anew on the canvas: as large, as wide and in the place as in training.",
        )


def _before_and_after(run: Run, facts: dict, raw: np.ndarray, pixels: np.ndarray) -> str:
    cells = []
    answers = stored.answers(run, facts, np.stack([raw, pixels]))
    for title, picture, found in zip(("As drawn", "Put right"), (raw, pixels), answers, strict=True):
        best = int(found.argmax())
        cells.append(
            f'<figure><img src="{gallery.data_url(picture)}" alt="{title}, in the pixels of the model">'
            f"<figcaption>{title}: <b>{html.escape(facts['classes'][best])}</b> {found[best]:.0%}</figcaption></figure>"
        )
    return f'<div class="fix">{"".join(cells)}</div>'


def _put_right(drawn: Handwriting, width: float) -> None:
    canvas.put(drawn.put_right(SIDE * width, MNIST_FILL))


def _table(findings: list[Finding], given: list[Finding], of_training: dict, source: str) -> str:
    yours = {finding.sign.title: finding for finding in findings}
    models = {finding.sign.title: finding for finding in given}
    rows = []
    for name, usual in of_training["usual"].items():
        sign = doctor.SIGNS[name]
        mine, its = yours.get(sign.title), models.get(sign.title)
        usually = _value(name, usual["mean"])
        if name != "ground":
            usually = f"{usual['mean']:.{sign.digits}f} ± {usual['deviation']:.{sign.digits}f} {sign.unit}"
        said, mark = "", ""
        if mine and its:
            said = mine.sentence or "as usual"
            mark = ' class="off"' if mine.sentence else ""
            said += " It was put right." if mine.sentence and not its.sentence else ""
        cells = [_value(name, mine.value) if mine else "–", _value(name, its.value) if its else "–", usually]
        rows.append(
            f"<tr{mark}><th scope=row>{sign.title}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}"
            f"<td>{html.escape(said)}</td></tr>"
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Yours", "Model gets", source))
    return (
        f'<table class="doctor"><thead><tr><td></td>{heads}<td></td></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _value(name: str, value: float) -> str:
    sign = doctor.SIGNS[name]
    if name == "ground":
        return "dark" if value < 128 else "light"
    return f"{value:.{sign.digits}f} {sign.unit}"


@lru_cache(16)
def _known(folder: str, stamp: tuple) -> tuple[dict, str] | None:
    """What is usual, and in what: the training pictures, or where a run does not know them, its test pictures."""
    run = Run(Path(folder))
    try:
        return doctor.checked(json.loads((run.folder / doctor.NAME).read_bytes())), "In training"
    except (OSError, ValueError, RecursionError):
        pass  # an older run has none
    try:
        return doctor.figures(stored.tested(run).pictures), "In test pictures"
    except RunError:
        return None
