"""The menu of every figure: save it as PNG, SVG or PDF. Drawn by the browser, so the server needs none.

A figure of Plotly has it at its own camera, one of HTML at the button of `framed`.

vendor/    jsPDF 4.2.1 and svg2pdf.js 2.8.1 (both MIT), unchanged, compressed: a vector PDF from Plotly's SVG
"""

from pathlib import Path

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imgcls.ui.components.component import own_component

CAMERA = (
    '<button type="button" class="figure-camera" aria-label="Save the figure" title="Save the figure as PNG, SVG or '
    'PDF">⤓</button>'
)
STYLE = """.figure{position:relative}
.figure-camera{position:absolute;top:0;right:0;z-index:2;width:1.9rem;height:1.9rem;padding:0;font:1rem/1 inherit;
color:light-dark(#1c2530,#f4f6f8);background:light-dark(#fff,#1b222a);border:0;border-radius:6px;cursor:pointer;opacity:0}
.figure:hover>.figure-camera,.figure-camera:focus-visible{opacity:1}
.figure-camera:hover{box-shadow:0 0 0 1px currentColor}
@media(hover:none){.figure-camera{opacity:1}}"""
VENDOR = Path(__file__).parent / "vendor"
FOLDER = "figure-menu"
"""The address below which the app's server has the files of `VENDOR`."""


def framed(markup: str, name: str) -> str:
    """HTML of a figure with a camera; `name` is that of the saved file, without its ending."""
    return f'<style>{STYLE}</style><div class="figure" data-figure="{name}">{markup}{CAMERA}</div>'


def show() -> None:
    """Once on each page: it draws nothing until the camera of a figure is clicked."""
    with st.container(key="figure-menu"):
        own_component("figure_menu", '<span class="figure-menu-anchor"></span>')(
            key="figure-menu-script", data={"files": FOLDER}
        )


def routes() -> list[Route]:
    """The route of the app's server that has the files."""
    return [Route(f"/{FOLDER}/{{name}}", _file)]


def _file(request: Request) -> Response:
    path = VENDOR / f"{request.path_params['name']}.gz"
    if path not in VENDOR.glob("*.js.gz"):
        raise HTTPException(404)
    headers = {"Content-Encoding": "gzip", "Cache-Control": "max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(path.read_bytes(), headers=headers, media_type="text/javascript")
