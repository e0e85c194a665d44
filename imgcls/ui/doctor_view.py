"""The doctor: the drawing beside what the model learnt from, and a Fix that shows before and after."""

import html
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls import doctor, images
from imgcls.doctor import Finding
from imgcls.errors import RunError
from imgcls.handwriting import PENS, Handwriting
from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import canvas, gallery, stored

Ask = Callable[[Sequence[Handwriting]], np.ndarray]
STYLE = """<style>
.doctor{width:100%;border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
.doctor th,.doctor td{padding:.25rem .5rem .25rem 0;text-align:left;font-weight:400;vertical-align:top}
.doctor thead th{opacity:.75}
.doctor .off td{font-weight:600}
.fix{display:flex;gap:14px;align-items:flex-end;font-size:.875rem}
.fix figure{margin:0}
.fix img{width:84px;height:84px;image-rendering:pixelated;border-radius:6px;display:block}
</style>"""


def show(run: Run, prepared: Prepared | None) -> None:
    """The figures of a picture of writing, as the model gets it, beside those of the training pictures."""
    st.markdown("##### Doctor")
    known = _known(str(run.folder), run.stamp(doctor.NAME, "gallery.npz"))
    if known is None:
        st.caption("There are no training pictures to compare with.")
        return
    of_training, source = known
    _table(doctor.findings(prepared.pixels, of_training) if prepared else [], of_training, source)


def fix(run: Run, facts: dict, drawn: Handwriting, prepared: Prepared, ask: Ask) -> None:
    """Before, after, and a button, where another pen brings the strokes nearer to those of the training pictures."""
    known = _known(str(run.folder), run.stamp(doctor.NAME, "gallery.npz"))
    if known is None:
        return
    findings = doctor.findings(prepared.pixels, known[0])
    pen = _better_pen(drawn, findings, tuple(facts["shape"]))
    if pen is not None:
        _offer(drawn, drawn.with_pen(pen), facts, ask)


def _table(findings: list[Finding], of_training: dict, source: str) -> None:
    found = {finding.sign.title: finding for finding in findings}
    rows = []
    for name, usual in of_training["usual"].items():
        sign = doctor.SIGNS[name]
        finding = found.get(sign.title)
        value = _value(name, finding.value) if finding else "–"
        range_of = _value(name, usual["mean"])
        if name != "ground":
            range_of = f"{usual['mean']:.{sign.digits}f} ± {usual['deviation']:.{sign.digits}f} {sign.unit}"
        said = "" if finding is None else finding.sentence or "as usual"
        mark = ' class="off"' if finding and finding.sentence else ""
        rows.append(
            f"<tr{mark}><th scope=row>{sign.title}</th><td>{value}</td><td>{range_of}</td>"
            f"<td>{html.escape(said)}</td></tr>"
        )
    st.html(
        f'{STYLE}<table class="doctor"><thead><tr><th></th><th scope="col">Yours</th><th scope="col">{source}</th>'
        f"<th></th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _value(name: str, value: float) -> str:
    sign = doctor.SIGNS[name]
    if name == "ground":
        return "dark" if value < 128 else "light"
    return f"{value:.{sign.digits}f} {sign.unit}"


def _better_pen(drawn: Handwriting, findings: list[Finding], shape: tuple) -> float | None:
    """The pen with which the strokes would be as wide as in training; None where they are, or no pen helps."""
    stroke = next((finding for finding in findings if finding.sign is doctor.SIGNS["stroke"]), None)
    if stroke is None or not stroke.sentence:
        return None
    wanted = stroke.usual.mean
    pens = np.linspace(PENS[0], PENS[1], 10)
    pictures = np.stack([images.prepare_ink(drawn.with_pen(pen).ink(), shape).pixels for pen in pens])
    widths = doctor.examine(pictures)["stroke"]
    best = int(np.nanargmin(np.abs(widths - wanted)))
    return float(pens[best]) if abs(widths[best] - wanted) < abs(stroke.value - wanted) else None


def _offer(drawn: Handwriting, better: Handwriting, facts: dict, ask: Ask) -> None:
    answers = ask([drawn, better])
    cells = []
    for title, drawing, found in zip(("Before", "After"), (drawn, better), answers, strict=True):
        pixels = images.prepare_ink(drawing.ink(), tuple(facts["shape"])).pixels
        best = int(found.argmax())
        name = html.escape(facts["classes"][best])
        cells.append(
            f'<figure><img src="{gallery.data_url(pixels)}" alt="{title}, as the model gets it">'
            f"<figcaption>{title}: <b>{name}</b> {found[best]:.0%}</figcaption></figure>"
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'{STYLE}<div class="fix">{"".join(cells)}</div>', width="content")
        st.button(
            "Fix",
            key="fix",
            icon=":material/healing:",
            on_click=canvas.put,
            args=(better,),
            help="Draws the same strokes with a pen as wide as in training.",
        )


@lru_cache(16)
def _known(folder: str, stamp: tuple) -> tuple[dict, str] | None:
    """What is usual, and in what: the training pictures, or where a run does not know them, its test pictures."""
    run = Run(Path(folder))
    try:
        kept = json.loads((run.folder / doctor.NAME).read_bytes())
        if kept["version"] == doctor.VERSION and set(kept["usual"]) <= set(doctor.SIGNS):
            return kept, "In training"
    except (OSError, ValueError, KeyError, TypeError):
        pass  # an older run has none
    try:
        return doctor.figures(stored.tested(run).pictures), "In test pictures"
    except RunError:
        return None
