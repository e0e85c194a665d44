"""What spoke for an answer: a picture with Grad-CAM and occlusion laid over it, as one piece of HTML."""

import html
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls.errors import UserError
from imgcls.inference.explain import grad_cam, occlusion, overlay
from imgcls.runs import Run
from imgcls.ui.cache import activations, predictions
from imgcls.ui.widgets import gallery

STYLE = """<style>
.heats{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:14px;max-width:760px}
.heats figure{margin:0}.heats img{width:100%;image-rendering:pixelated;border-radius:8px}
.heats figcaption{font-size:.85rem;line-height:1.35;margin-top:5px}
.heats figcaption span{opacity:.75;display:block}
.key{font-size:.85rem;margin-top:8px}
.key b{display:inline-block;width:.9em;height:.9em;border-radius:3px;margin:0 .3em -.1em 0}
</style>"""


def shown(run: Run, pixels: np.ndarray, target: int, name: str) -> str:
    """The uint8 picture (height, width, channels) and the maps of the class `target`, which is called `name`."""
    return _heat_html(str(run.folder), activations.stamp(run), pixels.tobytes(), pixels.shape, target, name)


# The picture may be a visitor's: what is made of it goes with his session.


@st.cache_resource(max_entries=16, show_spinner=False, scope="session")
def _heats(folder: str, stamp: tuple, content: bytes, shape: tuple) -> tuple[np.ndarray | None, np.ndarray, str]:
    """Grad-CAM of all classes, float32 (classes, height, width), or None and why; and occlusion of all classes."""
    run, image = Run(Path(folder)), np.frombuffer(content, np.uint8).reshape(shape)
    hidden = occlusion.occlusions(predictions.predictor(run), image)
    try:
        return grad_cam.grad_cams(activations.inside(run), image), hidden, ""
    except UserError as error:
        return None, hidden, str(error)


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _heat_html(folder: str, stamp: tuple, content: bytes, shape: tuple, target: int, name: str) -> str:
    image = np.frombuffer(content, np.uint8).reshape(shape)
    cams, hidden, why = _heats(folder, stamp, content, shape)
    figures = [_figure(image, f"The picture, {shape[0]} by {shape[1]} pixels", "The picture", "")]
    for title, maps, told in (
        ("Grad-CAM", cams, "where a late layer said what the answer hangs on"),
        ("Occlusion", hidden, "what the answer loses when the place is hidden"),
    ):
        if maps is None:
            continue
        most = float(np.abs(maps[target]).max())
        place = overlay.where(maps[target])
        alt = f"{title} for {name}: " + (f"most spoke for it in the {place}" if place else "nothing spoke for it")
        loss = f", up to {maps[target].max():+.1f} nats" if title == "Occlusion" else ""
        figures.append(_figure(overlay.overlay(image, maps[target], most), alt, title, told + loss))
    key = (
        f'<div class="key"><b style="background:rgb{_colour(overlay.FOR)}"></b>spoke for {html.escape(name)} &nbsp; '
        f'<b style="background:rgb{_colour(overlay.AGAINST)}"></b>spoke against it</div>'
    )
    note = f'<div class="key" style="opacity:.75">{html.escape(why)}</div>' if why else ""
    return f'{STYLE}<div class="heats">{"".join(figures)}</div>{key}{note}'


def _figure(pixels: np.ndarray, alt: str, title: str, told: str) -> str:
    source = gallery.data_url(pixels, min_side=196, is_cached=False)
    return (
        f'<figure><img src="{source}" alt="{html.escape(alt)}"><figcaption>{html.escape(title)}'
        f"<span>{html.escape(told)}</span></figcaption></figure>"
    )


def _colour(values: np.ndarray) -> str:
    return f"({', '.join(str(int(value)) for value in values)})"
