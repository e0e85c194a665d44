"""Probes of a run: pin a drawing or a photo, and see as a film strip when the model understood it."""

import html

import numpy as np
import streamlit as st

from imgcls import datasets, models
from imgcls.datasets import DatasetInfo
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.images import loading
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.files import checks
from imgcls.inference import preparing
from imgcls.runs import ENDED, Run
from imgcls.runs.predictions import probes
from imgcls.runs.predictions.probes import Probe
from imgcls.sharing import Action
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.components import canvas
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import gallery

NAME = "probe-canvas"
TICK_SECONDS = 2.0
UPLOAD_MB = 20
MOST_FRAMES = 24
WHAT = (
    "Pin drawings or photos to this run. They are classified after every epoch, so that you can see when the model "
    "learns them."
)
STYLE = """<style>
.probe{display:flex;gap:12px;align-items:flex-start;margin:8px 0}
.probe>img,.probe>.frames img{image-rendering:pixelated;border-radius:6px;background:rgba(128,128,128,.12)}
.probe>img{width:64px;height:64px;object-fit:contain;flex:none}
/* the last frame comes first in the page and is on the right: so a long strip is first seen at its end */
.probe .frames{display:flex;flex-direction:row-reverse;gap:4px;overflow-x:auto;padding-bottom:6px}
.probe .frame:first-child{margin-right:auto}
.probe .frame{flex:none;width:3.4rem;text-align:center;font-size:.8rem;line-height:1.3;padding:4px 2px;
border:1px solid rgba(128,128,128,.35);border-radius:6px;font-variant-numeric:tabular-nums}
.probe .frame b{display:block;font-size:1.05rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.probe .frame.same{border-color:#009E73;border-width:2px;padding:3px 1px}
.probe .frame span{display:block;opacity:.8}
</style>"""


def show(run: Run, state: str) -> None:
    """The closed section of a run; nothing for a run that cannot have probes."""
    try:
        info = datasets.facts(run.config.data)
        found = probes.stored(run)[0]
    except UserError:
        return
    is_probed = not info.is_multilabel and not models.has_backbone(run.config.model)
    if not is_probed or (state in ENDED and not len(found)):
        return
    with st.expander(
        "Follow images of your own", icon=":material/push_pin:", key="probes", on_change="rerun"
    ) as section:
        if section.open:
            st.caption(WHAT)
            st.fragment(run_every=None if state in ENDED else TICK_SECONDS)(_strips)(run, info)
            if state not in ENDED:
                _pin(run, info)


def _strips(run: Run, info: DatasetInfo) -> None:
    with shown():
        for probe in probes.read(run):
            st.html(STYLE + _strip(probe, info))
            st.button(
                "Remove",
                key=f"remove-probe-{probe.id}",
                icon=":material/close:",
                type="tertiary",
                on_click=_try,
                args=(probes.remove, run, probe.id),
                **rights.button(Action.PIN_IMAGES, run.folder),
            )


def _strip(probe: Probe, info: DatasetInfo) -> str:
    """The image, and a frame for each epoch. Frames with the last prediction are marked, from where it stays."""
    picture = html.escape(gallery.data_url(probe.pixels))
    epochs = sorted(probe.by_epoch)
    if not epochs:
        return (
            f'<div class="probe"><img src="{picture}" alt="A probe"><div>Classified after the next epoch.</div></div>'
        )
    last = int(probe.by_epoch[epochs[-1]].argmax())
    since = probe.learned_at(last) or epochs[-1]
    shown = reversed(_shown(epochs, since))
    frames = "".join(_frame(epoch, probe.by_epoch[epoch], info, epoch >= since) for epoch in shown)
    text = f"Since epoch {since}, the prediction has been {_name(info, last)}."
    return (
        f'<div class="probe"><img src="{picture}" alt="A probe"><div style="min-width:0">'
        f'<div class="frames" tabindex="0" role="group" aria-label="{html.escape(text)}">{frames}</div>'
        f"<div>{html.escape(text)}</div></div></div>"
    )


def _frame(epoch: int, probabilities: np.ndarray, info: DatasetInfo, is_same: bool) -> str:
    label = int(probabilities.argmax())
    kind = " same" if is_same else ""
    name = html.escape(_name(info, label))
    share = percent(probabilities[label], 0)
    return f'<div class="frame{kind}" title="{name}"><span>epoch {epoch}</span><b>{name}</b><span>{share}</span></div>'


def _shown(epochs: list[int], since: int) -> list[int]:
    """At most `MOST_FRAMES` epochs: evenly spaced, with the last one and the one since which nothing changed."""
    if len(epochs) <= MOST_FRAMES:
        return epochs
    places = np.linspace(0, len(epochs) - 1, MOST_FRAMES - 1).round().astype(int)
    return sorted({*(epochs[place] for place in places), since})


def _name(info: DatasetInfo, label: int) -> str:
    return str(info.classes[label]) if label < len(info.classes) else f"class {label}"


def _pin(run: Run, info: DatasetInfo) -> None:
    may_pin = rights.button(Action.PIN_IMAGES, run.folder)
    draws = info.ink and st.segmented_control(
        "Source", ["Drawing", "Photo"], default="Drawing", required=True, key="probe-source"
    )
    if draws == "Drawing":
        with shown():
            canvas.show(NAME, hint="Draw an image to pin.")
            canvas.acknowledge(NAME)
        st.button(
            "Pin the drawing", icon=":material/push_pin:", on_click=_try, args=(_pin_drawing, run, info), **may_pin
        )
        return
    file = st.file_uploader("Photo", type=checks.EXTENSIONS, key="probe-photo", max_upload_size=UPLOAD_MB)
    if file is not None:
        st.button(
            "Pin the photo",
            icon=":material/push_pin:",
            on_click=_try,
            args=(_pin_photo, run, info, file.getvalue(), file.name),
            **may_pin,
        )


def _pin_drawing(run: Run, info: DatasetInfo) -> None:
    drawing = canvas.state(NAME).drawing
    if not drawing:
        raise UserError("The drawing is empty. Draw something first.")
    probes.pin(run, loading.prepare_ink(drawing.narrowed().ink(), info.shape).pixels)
    canvas.put(Handwriting(), NAME)  # for the next one; Undo would not take the pin back


def _pin_photo(run: Run, info: DatasetInfo, data: bytes, name: str) -> None:
    photo = preparing.load(data, name, info.pixels)
    probes.pin(run, loading.prepare_photo(photo, info.shape, ink=info.ink, fit=info.fit).pixels)


def _try(act, *arguments) -> None:
    try:
        act(*arguments)
    except UserError as error:
        st.toast(plain(str(error)), icon=":material/error:")
