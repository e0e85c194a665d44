"""One image of a dataset, enlarged; the numbers of a small one appear under the mouse."""

import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.datasets import Dataset
from imgcls.languages import gettext as _
from imgcls.ui.cache import predictions
from imgcls.ui.widgets import gallery

LARGEST = 32
"""Pixels: a larger image has too many to point at one of them."""
SIDE = 280
STYLE = f"""<style>
.enlarged{{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:flex-end;font-size:.875rem}}
.enlarged .pixels{{position:relative;width:{SIDE}px;max-width:100%;margin-bottom:1.7rem}}
.enlarged img{{display:block;width:100%;image-rendering:pixelated;border-radius:6px}}
.enlarged .points{{position:absolute;inset:0;display:grid}}
.enlarged i:hover{{box-shadow:0 0 0 2px #E69F00}}
.enlarged i:hover::after{{content:attr(data-value);position:absolute;left:0;top:calc(100% + .35rem);font-style:normal;
white-space:nowrap;color:light-dark(#1c2530,#f4f6f8)}}
.enlarged p{{margin:0 0 1.7rem;color:var(--muted)}}.enlarged b{{color:light-dark(#1c2530,#f4f6f8);font-size:1.125rem}}
@media (hover:none){{.enlarged .for-mouse{{display:none}}}}
</style>"""


def show(dataset: Dataset, row: int) -> None:
    """A training image with its class."""
    st.html(_html(dataset.facts.name, dataset.fingerprint, row), width="content")


@lru_cache(16)
def _html(name: str, fingerprint: str, row: int) -> str:
    dataset = predictions.dataset(name)
    pixels, label = np.asarray(dataset.x_train[row]), dataset.facts.named(dataset.y_train[row])
    dataset.release_memory()
    height, width = pixels.shape[:2]
    size = _("{height}×{width} pixels").format(height=height, width=width)
    points = hint = ""
    if max(height, width) <= LARGEST:
        text = html.escape(_("Point at a pixel to see its value, from 0 (dark) to 255 (bright)."))
        hint = f'<span class="for-mouse"><br>{text}</span>'
        points = f'<div class="points" style="grid-template-columns:repeat({width},1fr)">{_points(pixels)}</div>'
    alt = html.escape(f"#{row}: {label}")
    return (
        f'{STYLE}<div class="enlarged"><div class="pixels">'
        f'<img src="{gallery.data_url(pixels, min_side=SIDE)}" alt="{alt}">{points}</div>'
        f"<p><b>{html.escape(label)}</b><br>#{row}, {html.escape(size)}{hint}</p></div>"
    )


def _points(pixels: np.ndarray) -> str:
    """An element for each pixel, which knows its place and its value or, in colour, its three values."""
    text = html.escape(_("Row {row}, column {column}: {value}"))
    flat = pixels.reshape(*pixels.shape[:2], -1)
    return "".join(
        f'<i data-value="{text.format(row=y + 1, column=x + 1, value=", ".join(map(str, flat[y, x].tolist())))}"></i>'
        for y in range(flat.shape[0])
        for x in range(flat.shape[1])
    )
