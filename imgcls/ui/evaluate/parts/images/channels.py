"""The three channels of a colour image, each as an image of its own."""

import html

import numpy as np
import streamlit as st

from imgcls.languages import N_, number
from imgcls.languages import gettext as _
from imgcls.ui.widgets import gallery

KEY = "channels"
NAMES = (N_("Red"), N_("Green"), N_("Blue"))
STYLE = """<style>
.channels{display:grid;grid-template-columns:repeat(3,minmax(0,110px));gap:12px}
.channels figure{margin:0}.channels img{width:100%;image-rendering:pixelated;border-radius:8px}
.channels figcaption{font-size:.85rem;text-align:center}
</style>"""


def show(pixels: np.ndarray) -> None:
    """A closed section for a model input, uint8 (height, width, channels); nothing if it is not in colour."""
    if pixels.shape[-1] != len(NAMES):
        return
    with st.expander(_("Red, green and blue"), icon=":material/palette:", key=KEY, on_change="rerun") as section:
        if section.open:
            height, width, channels = pixels.shape
            figures = "".join(_figure(channel, pixels) for channel in range(channels))
            st.html(STYLE + f'<div class="channels">{figures}</div>')
            text = _(
                "{height} × {width} pixels with 3 numbers each, from 0 (black) to 255 (full light): {count} numbers."
            )
            st.caption(text.format(height=height, width=width, count=number(pixels.size)))


def _figure(channel: int, pixels: np.ndarray) -> str:
    """One channel in its own colour, as HTML."""
    alone = np.zeros_like(pixels)
    alone[..., channel] = pixels[..., channel]
    name = html.escape(_(NAMES[channel]))
    source = gallery.data_url(alone, min_side=128)
    return f'<figure><img src="{source}" alt="{name}"><figcaption>{name}</figcaption></figure>'
