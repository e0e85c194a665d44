"""A grid of captioned images as one piece of HTML: cheap to send, sharp when enlarged, accessible."""

import base64
import html
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from imgcls.images.loading import enlarge, to_png

MAX_CACHED = 4096
"""The largest image (in values) whose data URL is cached: the same small images appear on many pages."""


@dataclass(frozen=True)
class Tile:
    """An image, its alternative text, and the lines below it. Texts may contain user input."""

    pixels: np.ndarray | str  # or a data URL
    alt: str
    lines: tuple[str, ...]
    link: str = ""  # target of a click on the image
    file: str = ""  # its file name, a relative path: the last part is shown, the rest on hover


STYLE = """<style>
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(86px,1fr));gap:14px 12px;padding:2px}
.tiles figure{margin:0;min-width:0}
.tiles img{width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;border-radius:6px;
background:rgba(128,128,128,.12)}
.tiles figcaption{font-size:.8rem;line-height:1.35;margin-top:4px;font-variant-numeric:tabular-nums}
.tiles figcaption span{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tiles figcaption span+span{opacity:.75}
.tiles figcaption .file{direction:rtl;text-align:left}
.tiles a{display:block;border-radius:6px}
.tiles a:hover img,.tiles a:focus-visible img{outline:2px solid #0072B2;outline-offset:1px}
.tiles.groups{grid-template-columns:repeat(auto-fill,minmax(212px,1fr))}
.tiles .group{display:flex;gap:8px;padding:8px;border:1px solid rgba(128,128,128,.3);border-radius:8px}
.tiles .group figure{flex:1 1 0;max-width:96px}
</style>"""


def grid(tiles: Iterable[Tile]) -> str:
    """The tiles in a grid that fills the width, as HTML with all texts escaped."""
    return STYLE + '<div class="tiles">' + "".join(map(_tile, tiles)) + "</div>"


def groups(groups_of_tiles: Iterable[Iterable[Tile]]) -> str:
    """Groups of tiles in frames, the frames in a grid, as HTML with all texts escaped."""
    frames = (f'<div class="group">{"".join(map(_tile, tiles))}</div>' for tiles in groups_of_tiles)
    return STYLE + '<div class="tiles groups">' + "".join(frames) + "</div>"


def _tile(tile: Tile) -> str:
    lines = "".join(f'<span title="{html.escape(line)}">{html.escape(line)}</span>' for line in tile.lines)
    if tile.file:
        base = tile.file.replace("\\", "/").rsplit("/", 1)[-1] or tile.file
        # Written from right to left, a long name is cut at its start: the end tells images apart.
        lines += f'<span class="file" title="{html.escape(tile.file)}"><bdi>{html.escape(base)}</bdi></span>'
    source = tile.pixels if isinstance(tile.pixels, str) else data_url(tile.pixels)
    image = f'<img src="{html.escape(source)}" alt="{html.escape(tile.alt)}">'
    if tile.link:
        image = f'<a href="{html.escape(tile.link)}" target="_self">{image}</a>'
    return f"<figure>{image}<figcaption>{lines}</figcaption></figure>"


def data_url(pixels: np.ndarray, *, min_side: int | None = None, is_cached: bool = True) -> str:
    """The image as a data URL, enlarged by a whole factor to at least `min_side` if given.

    Use `is_cached=False` for a visitor's own images, so that nothing of them outlives the visit.
    """
    encode = _url if is_cached and pixels.size <= MAX_CACHED else _url.__wrapped__
    return encode(pixels.tobytes(), pixels.shape, min_side)


@lru_cache(1024)
def _url(content: bytes, shape: tuple[int, ...], min_side: int | None) -> str:
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    if min_side:
        pixels = enlarge(pixels, min_side=min_side)
    return "data:image/png;base64," + base64.b64encode(to_png(pixels)).decode()
