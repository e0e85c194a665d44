"""What has the model learned? The patterns of its first layer, and what every layer says to one picture."""

import hashlib
import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.errors import ImageError
from imgcls.evaluation.predictions import Predictions
from imgcls.images import loading
from imgcls.inference.explain import activation_grid, neighbours
from imgcls.runs import Run
from imgcls.ui.app import errors
from imgcls.ui.cache import activations
from imgcls.ui.components import drawable_canvas
from imgcls.ui.evaluate.parts import image_details
from imgcls.ui.widgets import gallery

FEW = 3
"""So few maps need no whole width."""
CANVAS_SIDE = 224
UPLOAD_MB = 32
TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
STYLE = """<style>
.sheet{width:100%;max-width:760px;image-rendering:pixelated;border-radius:6px}
.small{width:96px;image-rendering:pixelated;border-radius:6px}
.layers{border-collapse:collapse;width:100%;font-size:.82rem;font-variant-numeric:tabular-nums}
.layers th{text-align:right;font-weight:500;opacity:.75;padding:3px 6px}
.layers td{text-align:right;padding:3px 6px;border-top:1px solid rgba(128,128,128,.25);white-space:nowrap}
.layers th:first-child,.layers td:first-child{text-align:left;max-width:9rem;overflow:hidden;text-overflow:ellipsis}
.layers tr.chosen td{background:rgba(0,114,178,.16);font-weight:600}
.wide{overflow:auto;max-height:420px}
</style>"""


def show(run: Run, tested: Predictions) -> None:
    """The whole view."""
    why = activations.why_not(run)
    with errors.shown():
        _filters(run)
    if why:
        activations.offer_missing(run, why)
        return
    st.subheader("What every layer says to a picture", anchor=False)
    with errors.shown():
        pixels, what = _image(run, tested)
        if pixels is not None:
            _layers(run, pixels, what)


# ---- the first layer


def _filters(run: Run) -> None:
    if not (run.folder / "inside.npz").exists():
        return
    drawn = _filters_html(run, run.stamp("inside.npz"))
    if not drawn:
        return
    st.subheader(
        "What the first layer looks for",
        anchor=False,
        help="The weights of its filters. Each slides over the picture and answers where the picture looks like it.",
    )
    st.html(drawn)


@lru_cache(8)
def _filters_html(run: Run, stamp: tuple) -> str:
    kernels = neighbours.held_out_features(run).filters
    if kernels is None or kernels.shape[0] < 2:
        return ""
    height, width, channels, count = kernels.shape
    sees_all = [height, width] == list(run.card.shape[:2])
    name = "units, each of which sees the whole picture" if sees_all else f"filters of {height} x {width} pixels"
    alt = f"{count} {name}: the weights of the first layer"
    colours = (
        "Colours are what the filter answers to; grey counts nothing."
        if channels == 3
        else "Orange: light counts for the pattern. Blue: it counts against. White: it does not matter."
    )
    return (
        f'{STYLE}<img class="sheet" style="max-width:560px" alt="{alt}" '
        f'src="{gallery.data_url(activation_grid.filters(kernels), min_side=200)}">'
        f'<div style="font-size:.85rem;opacity:.75;margin-top:4px">{count} {name}, the strongest first. {colours}</div>'
    )


# ---- which picture


def _image(run: Run, tested: Predictions) -> tuple[np.ndarray | None, str]:
    """The picture to show to the network, and what it is called."""
    card = run.card
    # Without ink in its training pictures a drawing would be an unfair question.
    ways = ["A test picture", "Your picture", *(["A drawing"] if card.is_ink else [])]
    way = st.segmented_control("Picture", ways, default=ways[0], required=True, key="inside-way")
    if way == "A test picture":
        index = image_details.choose(run, tested)
        return activations.image(run, tested, index), f"test picture {index:,}"
    if way == "A drawing":
        return _drawing(card.shape), "your drawing"
    file = st.file_uploader("Your picture", type=TYPES, key="inside-photo", max_upload_size=UPLOAD_MB)
    if file is None:
        st.caption("PNG, JPEG, WebP, GIF or BMP. It is looked at and forgotten, not stored.")
        return None, ""
    data = file.getvalue()
    if len(data) > UPLOAD_MB * 1_000_000:
        raise ImageError(f"“{file.name}” has {len(data) / 1e6:.0f} MB; up to {UPLOAD_MB} MB are taken.")
    digest = hashlib.sha256(data).hexdigest()
    return _prepared(digest, data, file.name, card.shape, card.is_ink, card.fit), file.name


def _drawing(shape: tuple) -> np.ndarray | None:
    """What is drawn, as the model gets it; None while nothing is."""
    drawn = drawable_canvas.field(
        "inside-canvas",
        CANVAS_SIDE,
        CANVAS_SIDE,
        stroke_width=18,
        stroke_color="#FFFFFF",
        background_color="#000000",
    )
    st.caption("Draw one digit, large.")
    return None if drawn is None else loading.prepare_drawing(drawn, shape).pixels


@st.cache_data(max_entries=8, show_spinner="Reading the picture ...")
def _prepared(digest: str, _data: bytes, _name: str, shape: tuple, ink: bool, fit: str) -> np.ndarray:
    return loading.prepare_photo(loading.open_image(_data, _name, at_least=560), shape, ink=ink, fit=fit).pixels


# ---- the layers


def _layers(run: Run, pixels: np.ndarray, what: str) -> None:
    kinds = activations.inside(run).kinds
    names = list(kinds)
    # The layer that the heat maps come from; without maps, the first that has learnt something.
    default = activations.inside(run).cam_layer or next((name for name in names if kinds[name] == "Dense"), names[0])
    left, right = st.columns(2, gap="large")
    content = (run, activations.stamp(run), pixels.tobytes(), pixels.shape)
    with left:
        layer = st.select_slider("Layer", names, value=default, key=f"layer-{run.id}", help="From pixels to answers.")
        st.html(_layer_html(*content, layer, kinds[layer], what))
    with right:
        st.html(_table_html(*content, layer))


@lru_cache(32)
def _layer_html(run: Run, stamp: tuple, content: bytes, shape: tuple, layer: str, kind: str, what: str) -> str:
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    values = activations.seen(run, pixels).layers[layer][0]
    drawn, count = activation_grid.activations(values)
    told = " x ".join(map(str, values.shape))
    total = values.shape[-1]
    unit = "units" if values.ndim == 1 else "maps"
    some = f"all {total} {unit}" if count == total else f"{count} of {total} {unit}, those that say most"
    alt = html.escape(f"What the layer {layer} says to {what}: {some}")
    image = gallery.data_url(pixels, min_side=96)
    width = 760 if count > FEW or values.ndim == 1 else 260
    return (
        f'{STYLE}<div style="display:flex;gap:14px;align-items:center;margin-bottom:10px">'
        f'<img class="small" src="{image}" alt="{html.escape(what)}">'
        f"<div><b>{html.escape(layer)}</b> ({html.escape(kind)})<br>{told} values, {some}.<br>"
        f'<span style="opacity:.75">{_EXPLAINED.get(kind, "")}</span></div></div>'
        f'<img class="sheet" style="max-width:{width}px" src="{gallery.data_url(drawn, min_side=240)}" alt="{alt}">'
        '<div style="font-size:.85rem;opacity:.75;margin-top:4px">Black says nothing, light much, blue is below zero. '
        "All have one scale.</div>"
    )


_EXPLAINED = {
    "Rescaling": "The pixels as numbers the network can work with.",
    "Conv2D": "Each map shows where the picture looks like the pattern of its filter.",
    "DepthwiseConv2D": "A filter of its own for each map.",
    "MaxPooling2D": "The strongest answer of each little square: the map gets smaller.",
    "BatchNormalization": "The same maps, brought to a steady range.",
    "Activation": "The bend: what is below zero is cut off or made small.",
    "Flatten": "All maps as one long row of numbers.",
    "GlobalAveragePooling2D": "The mean of each map: how much of its pattern is there.",
    "GlobalMaxPooling2D": "The strongest place of each map: whether its pattern is there at all.",
    "Dense": "Each unit weighs all that was said before.",
    "Softmax": "The answers as probabilities: they add up to 1.",
    "Add": "A correction is added to what went around the block.",
}


@lru_cache(16)
def _rows(run: Run, stamp: tuple, content: bytes, shape: tuple) -> tuple[tuple, ...]:
    seen = activations.seen(run, np.frombuffer(content, np.uint8).reshape(shape))
    return tuple(
        (name, " x ".join(map(str, values.shape[1:])), activation_grid.statistics(values[0]))
        for name, values in seen.layers.items()
    )


@lru_cache(32)
def _table_html(run: Run, stamp: tuple, content: bytes, shape: tuple, chosen: str) -> str:
    rows = []
    for name, size, told in _rows(run, stamp, content, shape):
        mark = ' class="chosen"' if name == chosen else ""
        cells = (f"{told.least:.2f}", f"{told.mean:.2f}", f"{told.largest:.2f}", f"{100 * told.zeros:.0f}%")
        rows.append(
            f'<tr{mark}><td title="{html.escape(name)}">{html.escape(name)}</td><td>{size}</td>'
            + "".join(f"<td>{cell}</td>" for cell in (*cells, f"{100 * told.dead:.0f}%"))
            + "</tr>"
        )
    head = "".join(f"<th>{title}</th>" for title in ("Layer", "Shape", "Least", "Mean", "Most", "Zeros", "Silent"))
    return (
        f'{STYLE}<div class="wide" tabindex="0" role="region" aria-label="Statistics of all layers">'
        f'<table class="layers"><tr>{head}</tr>{"".join(rows)}</table></div>'
        '<div style="font-size:.85rem;opacity:.75;margin-top:6px">Zeros: the share of values that are exactly 0. '
        "Silent: the share of maps or units that say nothing at all to this picture.</div>"
    )
