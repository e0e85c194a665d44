"""An image with its heat maps, one for each method in `imgcls.inference.explain`, as HTML."""

import html
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls.errors import UserError
from imgcls.inference import explain
from imgcls.inference.explain import overlay
from imgcls.runs import Run
from imgcls.ui.cache import activations
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.widgets import gallery

STYLE = """<style>
.heats{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:14px;max-width:760px}
.heats figure{margin:0;position:relative}.heats img{width:100%;image-rendering:pixelated;border-radius:8px}
.heats figcaption{font-size:.85rem;line-height:1.35;margin-top:5px}
.heats figcaption span{opacity:.75;display:block}
.heats figcaption b{display:inline-block;width:1rem;line-height:1rem;margin-inline-start:.4rem;border-radius:50%;
box-shadow:inset 0 0 0 1.5px currentColor;font-size:.7rem;font-weight:600;text-align:center;opacity:.75;cursor:help}
.heats figcaption i{display:none;position:absolute;z-index:9;top:calc(100% + 4px);inset-inline-end:0;width:14rem;
padding:.5rem .7rem;border-radius:.5rem;background:#1c2530;color:#e6ebf0;font-style:normal;line-height:1.4}
.heats figcaption b:is(:hover,:focus)+i{display:block}
.key{font-size:.85rem;margin-top:8px}
.key b{display:inline-block;width:.9em;height:.9em;border-radius:3px;margin:0 .3em -.1em 0}
</style>"""


def render(run: Run, pixels: np.ndarray, target: int, name: str) -> str:
    """A uint8 image (height, width, channels) and the heat maps for the class `target`, called `name`; HTML."""
    return _html(str(run.folder), activations.stamp(run), pixels.tobytes(), pixels.shape, target, name)


# The image may be a visitor's: everything derived from it is cached for that session alone.


@st.cache_resource(max_entries=16, show_spinner=False, scope="session")
def _maps(folder: str, stamp: tuple, content: bytes, shape: tuple) -> dict[str, np.ndarray | str]:
    """Title of a method -> maps of all classes, float32 (classes, height, width), or the reason why there are none."""
    run, image = Run(Path(folder)), np.frombuffer(content, np.uint8).reshape(shape)
    maps: dict[str, np.ndarray | str] = {}
    for method in explain.methods(explain.HEAT_MAP):
        try:
            maps[method.TITLE] = method.heat_maps(run, image)
        except UserError as error:
            maps[method.TITLE] = str(error)
    return maps


@st.cache_resource(max_entries=32, show_spinner=False, scope="session")
def _html(folder: str, stamp: tuple, content: bytes, shape: tuple, target: int, name: str) -> str:
    image = np.frombuffer(content, np.uint8).reshape(shape)
    maps = _maps(folder, stamp, content, shape)
    figures = [_figure(image, f"The image, {shape[0]} by {shape[1]} pixels", "Image", "")]
    notes = []
    for method in explain.methods(explain.HEAT_MAP):
        found = maps[method.TITLE]
        if isinstance(found, str):
            notes.append(found)
            continue
        heat = found[target]
        region = overlay.strongest_region(heat)
        alt = f"{method.TITLE} for {name}: " + (f"strongest evidence in the {region}" if region else "no evidence")
        amount = f" Here up to {heat.max():+.1f} {method.UNIT}." if method.UNIT else ""
        pixels = overlay.overlay(image, heat, float(np.abs(heat).max()))
        figures.append(_figure(pixels, alt, method.TITLE, method.CAPTION.format(name=name), method.HELP + amount))
    key = (
        f'<div class="key"><b style="background:rgb{_colour(overlay.FOR)}"></b>supports {html.escape(name)} &nbsp; '
        f'<b style="background:rgb{_colour(overlay.AGAINST)}"></b>opposes it</div>'
    )
    below = "".join(f'<div class="key" style="opacity:.75">{html.escape(note)}</div>' for note in notes)
    return STYLE + framed(f'<div class="heats">{"".join(figures)}</div>{key}', "saliency") + below


def _figure(pixels: np.ndarray, alt: str, title: str, caption: str, help: str = "") -> str:
    source = gallery.data_url(pixels, min_side=196, is_cached=False)
    said = html.escape(help)
    mark = f'<b tabindex="0" role="img" aria-label="{said}">?</b><i aria-hidden="true">{said}</i>' if help else ""
    return (
        f'<figure class="heat-map"><img src="{source}" alt="{html.escape(alt)}">'
        f"<figcaption>{html.escape(title)}{mark}<span>{html.escape(caption)}</span></figcaption></figure>"
    )


def _colour(values: np.ndarray) -> str:
    return f"({', '.join(str(int(value)) for value in values)})"
