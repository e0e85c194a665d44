"""What has the model learned? The filters of its first layer, and the activations of every layer for one image."""

import hashlib
import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import languages
from imgcls.errors import ImageError
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.images import loading
from imgcls.images.files import checks
from imgcls.inference import preparing
from imgcls.inference.explain import activation_grid, neighbours
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.cache import activations
from imgcls.ui.components import canvas
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts.images import image_details, numbered_grid, unit_by_hand
from imgcls.ui.widgets import gallery

TITLE = "Activations"
GROUP = links.WHY
ORDER = 70
USES_SELECTION = False
GOES_THROUGH_SELECTION = True
SUPPORTS = ("single", "multi")

FEW = 3
"""Up to this many feature maps do not need the full width."""
CANVAS = "activations"
"""The name of the canvas; its own key is that of the marker in lesson 4."""
DRAWN = "activations-drawn"
"""Session key: whether there is something on the canvas. Lesson 4 reads it."""
TABLE = "layer-statistics"
"""Key of the section with the statistics of all layers."""
UPLOAD_MB = 32
TEST, UPLOAD, DRAWING = N_("Test image"), N_("Your image"), N_("Drawing")
COLUMNS = (N_("Layer"), N_("Shape"), N_("Min"), N_("Mean"), N_("Max"), N_("Zeros"), N_("Dead"))
"""Of the table of layers."""
STYLE = """<style>
.small{width:96px;image-rendering:pixelated;border-radius:6px}
.layers{border-collapse:collapse;width:100%;font-size:.82rem;font-variant-numeric:tabular-nums}
.layers th{text-align:right;font-weight:500;opacity:.75;padding:3px 6px}
.layers td{text-align:right;padding:3px 6px;border-top:1px solid rgba(128,128,128,.25);white-space:nowrap}
.layers th:first-child,.layers td:first-child{text-align:left;max-width:9rem;overflow:hidden;text-overflow:ellipsis}
.layers tr.chosen td{background:rgba(0,114,178,.16);font-weight:600}
.wide{overflow:auto;max-height:420px}
</style>"""


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    reason = activations.unavailable_reason(run)
    if reason:
        with errors.shown():
            _filters(run)
        activations.offer_missing(run, reason)
        return
    pixels, is_spelled_out = None, False
    with errors.shown():
        pixels, what = _image(run, predictions)
        if pixels is not None:
            is_spelled_out = unit_by_hand.show(run, pixels)
    # The filters belong to what is spelled out; where nothing is, what shows the image comes first.
    parts = [lambda: _filters(run)]
    if pixels is not None:
        parts.insert(int(is_spelled_out), lambda: _layers(run, pixels, what))
    for part in parts:
        with errors.shown():
            part()


# ---- the first layer


def _filters(run: Run) -> None:
    if not (run.folder / "inside.npz").exists():
        return
    drawn = _filters_html(run, run.stamp("inside.npz"), languages.current())
    if not drawn:
        return
    with st.container(key="first-filters"):  # lesson 4 marks it
        st.header(
            _("Filters of the first layer"),
            anchor=False,
            help=_(
                "The weights of its filters. Each slides over the image and responds where the image matches its "
                "pattern."
            ),
        )
        st.html(framed(drawn, "filters"))


@lru_cache(8)
def _filters_html(run: Run, stamp: tuple, language: str) -> str:
    stored = neighbours.held_out_features(run)
    # Those of a convolution are in the order of its feature maps, so that they have numbers.
    has_numbers = stored.kernel is not None and stored.kernel.shape[-1] <= activation_grid.MOST_MAPS
    kernels = stored.kernel if has_numbers else stored.filters
    if kernels is None or kernels.shape[0] < 2:
        return ""
    height, width, channels, count = kernels.shape
    is_global = [height, width] == list(run.card.shape[:2])
    name = (
        _("{count} units, each connected to the whole image")
        if is_global
        else _("{count} filters of {height}×{width} pixels")
    )
    name = name.format(count=count, height=height, width=width)
    alt = html.escape(_("{filters}: the weights of the first layer").format(filters=name))
    colours = (
        _("Colours show what the filter responds to; grey means no effect.")
        if channels == 3
        else _("Orange: positive weights. Blue: negative weights. White: zero.")
    )
    text = _("{filters}, numbered like their feature maps.") if has_numbers else _("{filters}, the strongest first.")
    text = text.format(filters=name)
    numbers = range(count) if has_numbers else ()
    drawn = activation_grid.filters(kernels)
    return (
        f"{STYLE}{numbered_grid.markup(drawn, (height, width), numbers, alt=alt, most=560)}"
        f'<div style="font-size:.85rem;opacity:.75;margin-top:4px">{html.escape(text)} {html.escape(colours)}</div>'
    )


# ---- choosing the image


def _image(run: Run, predictions: Predictions | Decisions) -> tuple[np.ndarray | None, str]:
    """The input image and its description."""
    card = run.card
    # Models that were not trained on ink cannot be expected to recognise a drawing.
    sources = [TEST, UPLOAD, *([DRAWING] if card.is_ink else [])]
    source = st.segmented_control(
        _("Image"), sources, default=TEST, required=True, key="activations-source", format_func=_
    )
    if source == TEST:
        index = image_details.choose(run, predictions)
        name = predictions.file_name(index)
        what = _("test image {number}").format(number=index) + (f", {name}" if name else "")
        return activations.test_image(run, predictions, index), what
    if source == DRAWING:
        return _drawing(card.shape), _("your drawing")
    file = st.file_uploader(_("Your image"), type=checks.EXTENSIONS, key="activations-photo", max_upload_size=UPLOAD_MB)
    if file is None:
        st.caption(f"{checks.FORMATS_TEXT}. Your image is not stored.")
        return None, ""
    data = file.getvalue()
    if len(data) > UPLOAD_MB * 1_000_000:
        raise ImageError(
            f"“{file.name}” is {len(data) / 1e6:.0f} MB; the limit is {UPLOAD_MB} MB. Choose a smaller file."
        )
    digest = hashlib.sha256(data).hexdigest()
    key = f"{card.shape} {card.is_ink} {card.fit} {card.pixels}"
    return _prepared(digest, key, data, file.name, card), file.name


def _drawing(shape: tuple) -> np.ndarray | None:
    """The model input for the drawing, or None while the canvas is empty."""
    with st.container(key="activations-canvas"):
        drawing = canvas.show(CANVAS, hint=_("Draw one large digit.")).drawing
        canvas.acknowledge(CANVAS)
    st.session_state[DRAWN] = bool(drawing)
    return loading.prepare_ink(drawing.narrowed().ink(), shape).pixels if drawing else None


@st.cache_data(max_entries=8, show_spinner="Reading the image …")
def _prepared(digest: str, how: str, _data: bytes, _name: str, _card: ModelCard) -> np.ndarray:
    return preparing.prepare(preparing.load(_data, _name, _card.pixels), _card).pixels


# ---- the layers


def _layers(run: Run, pixels: np.ndarray, what: str) -> None:
    st.header(_("Activations of every layer"), anchor=False)
    kinds = activations.model(run).kinds
    names = list(kinds)
    default = next((name for kind in ("Conv2D", "Dense") for name in names if kinds[name] == kind), names[0])
    content = (run, activations.stamp(run), pixels.tobytes(), pixels.shape)
    language = languages.current()  # of what is remembered
    layer = st.select_slider(
        _("Layer"), names, value=default, key=f"layer-{run.id}", help=_("From the input to the output.")
    )
    st.html(framed(_layer_html(*content, layer, kinds[layer], what, language), "activations"))
    table = st.expander(_("Statistics of all layers"), icon=":material/table:", key=TABLE, on_change="rerun")
    if table.open:
        with table:
            st.html(_table_html(*content, layer, language))


@lru_cache(32)
def _layer_html(
    run: Run, stamp: tuple, content: bytes, shape: tuple, layer: str, kind: str, what: str, language: str
) -> str:
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    values = activations.of_image(run, pixels).layers[layer][0]
    drawn, order = activation_grid.activations(values)
    count = len(order)
    size = "×".join(map(str, values.shape))
    total = values.shape[-1]
    if values.ndim == 1:
        some = _("all {total} units") if count == total else _("{count} of {total} units, the strongest")
    else:
        some = _("all {total} feature maps") if count == total else _("{count} of {total} feature maps, the strongest")
    some = some.format(count=count, total=total)
    alt = html.escape(
        _("Activations of the layer {layer} for {image}: {units}").format(layer=layer, image=what, units=some)
    )
    values_text = html.escape(_("{size} values, {units}.").format(size=size, units=some))
    scale = html.escape(_("Black = zero, bright = strong, blue = negative. All share one scale."))
    image = gallery.data_url(pixels, min_side=96)
    numbers = () if values.ndim == 1 else order.tolist()
    width = 760 if count > FEW or values.ndim == 1 else 260
    return (
        f'{STYLE}<div style="display:flex;gap:14px;align-items:center;margin-bottom:10px">'
        f'<img class="small" src="{image}" alt="{html.escape(what)}">'
        f"<div><b>{html.escape(layer)}</b> ({html.escape(kind)})<br>{values_text}<br>"
        f'<span style="opacity:.75">{html.escape(_(_MEANING.get(kind, "")))}</span><br>'
        f'<small class="file">{html.escape(what[:1].upper() + what[1:])}</small></div></div>'
        f"{numbered_grid.markup(drawn, values.shape[:2], numbers, alt=alt, most=width)}"
        f'<div style="font-size:.85rem;opacity:.75;margin-top:4px">{scale}</div>'
    )


_MEANING = {
    "Rescaling": N_("Pixel values scaled to the range the network expects."),
    "Conv2D": N_("Each map shows where the image matches the pattern of its filter."),
    "DepthwiseConv2D": N_("A separate filter for each map."),
    "MaxPooling2D": N_("The maximum of each small square; makes the maps smaller."),
    "BatchNormalization": N_("The same maps, normalised to a stable range."),
    "Activation": N_("Non-linearity: negative values are cut off or reduced."),
    "Flatten": N_("All maps as one vector."),
    "GlobalAveragePooling2D": N_("The mean of each map: how much of its pattern is present."),
    "GlobalMaxPooling2D": N_("The maximum of each map: whether its pattern is present at all."),
    "Dense": N_("Each unit computes a weighted sum of all inputs."),
    "Softmax": N_("The outputs as probabilities that add up to 1."),
    "Add": N_("Adds the output of the block to its input (skip connection)."),
}


@lru_cache(16)
def _rows(run: Run, stamp: tuple, content: bytes, shape: tuple) -> tuple[tuple, ...]:
    found = activations.of_image(run, np.frombuffer(content, np.uint8).reshape(shape))
    return tuple(
        (name, "×".join(map(str, values.shape[1:])), activation_grid.statistics(values[0]))
        for name, values in found.layers.items()
    )


def _two_digits(value: float) -> str:
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


@lru_cache(32)
def _table_html(run: Run, stamp: tuple, content: bytes, shape: tuple, chosen: str, language: str) -> str:
    rows = []
    for name, size, statistics in _rows(run, stamp, content, shape):
        mark = ' class="chosen"' if name == chosen else ""
        cells = (
            *(_two_digits(value) for value in (statistics.least, statistics.mean, statistics.largest)),
            percent(statistics.zeros, 0),
        )
        rows.append(
            f'<tr{mark}><td title="{html.escape(name)}">{html.escape(name)}</td><td>{size}</td>'
            + "".join(f"<td>{cell}</td>" for cell in (*cells, percent(statistics.dead, 0)))
            + "</tr>"
        )
    label = html.escape(_("Statistics of all layers"))
    about = html.escape(
        _(
            "Zeros: the fraction of values that are exactly 0. Dead: the fraction of maps or units that are 0 "
            "everywhere for this image."
        )
    )
    head = "".join(f"<th>{html.escape(_(title))}</th>" for title in COLUMNS)
    return (
        f'{STYLE}<div class="wide" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="layers"><tr>{head}</tr>{"".join(rows)}</table></div>'
        f'<div style="font-size:.85rem;opacity:.75;margin-top:6px">{about}</div>'
    )
