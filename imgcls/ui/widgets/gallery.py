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
    """An image, its alternative text, and the lines below it. Texts may contain user input.

    One with a `value` is a button for `components.image_select`; its link is then on its first line.
    """

    pixels: np.ndarray | str  # or a data URL
    alt: str
    lines: tuple[str, ...]
    link: str = ""  # target of a click on the image
    file: str = ""  # its file name, a relative path: the last part is shown, the rest on hover
    value: int | None = None


STYLE = """<style>
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(100px,1fr));gap:14px 12px;padding:2px}
.tiles figure{margin:0;min-width:0}
.tiles img{width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;border-radius:6px;
background:rgba(128,128,128,.12)}
.tiles figcaption{font-size:.8rem;line-height:1.35;margin-top:4px;font-variant-numeric:tabular-nums}
.tiles figcaption span{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;
overflow-wrap:anywhere}
.tiles figcaption span+span{opacity:.75}
.tiles figcaption .file{display:block;direction:rtl;text-align:left;text-overflow:ellipsis;white-space:nowrap}
.tiles a{display:block;border-radius:6px}
.tiles a:hover img,.tiles a:focus-visible img{outline:2px solid var(--accent);outline-offset:1px}
.tiles button{display:block;position:relative;width:100%;padding:0;border:0;border-radius:6px;background:none;
cursor:pointer;user-select:none}
.tiles button:hover img{outline:2px solid var(--accent);outline-offset:1px}
.tiles button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.tiles button[aria-pressed=true] img{outline:4px solid var(--accent);outline-offset:0}
.tiles button[aria-pressed=true]::after{content:"✓" / "";position:absolute;top:4px;inset-inline-end:4px;width:1.25rem;
border-radius:50%;background:var(--accent);color:var(--on-accent);font-size:.85rem;line-height:1.25rem}
.tiles figcaption a{display:inline;color:inherit}
.tiles.groups{grid-template-columns:repeat(auto-fill,minmax(min(212px,50% - 6px),1fr))}
.tiles .group{display:flex;gap:8px;padding:8px;border:1px solid rgba(128,128,128,.3);border-radius:8px}
.tiles .group figure{flex:1 1 0;max-width:128px}
</style>"""


def grid(tiles: Iterable[Tile], *, select: str = "") -> str:
    """The tiles in a grid that fills the width, as HTML with all texts escaped.

    `select` is the key under which `components.image_select` makes tiles with a value selectable.
    """
    return f'{STYLE}<div class="tiles"{_selectable(select)}>{"".join(map(_tile, tiles))}</div>'


def groups(groups_of_tiles: Iterable[Iterable[Tile]], *, select: str = "") -> str:
    """Groups of tiles in frames, the frames in a grid; otherwise as `grid`."""
    frames = (f'<div class="group">{"".join(map(_tile, tiles))}</div>' for tiles in groups_of_tiles)
    return f'{STYLE}<div class="tiles groups"{_selectable(select)}>{"".join(frames)}</div>'


def _selectable(key: str) -> str:
    return f' role="group" aria-label="Images to select" data-select="{html.escape(key)}"' if key else ""


def _tile(tile: Tile) -> str:
    lines = "".join(f'<span title="{html.escape(line)}">{_line(tile, at)}</span>' for at, line in enumerate(tile.lines))
    if tile.file:
        base = tile.file.replace("\\", "/").rsplit("/", 1)[-1] or tile.file
        # Written from right to left, a long name is cut at its start: the end tells images apart.
        lines += f'<span class="file" title="{html.escape(tile.file)}"><bdi>{html.escape(base)}</bdi></span>'
    source = tile.pixels if isinstance(tile.pixels, str) else data_url(tile.pixels)
    image = f'<img src="{html.escape(source)}" alt="{html.escape(tile.alt)}">'
    if tile.value is not None:
        image = f'<button type="button" aria-pressed="false" data-value="{tile.value}">{image}</button>'
    elif tile.link:
        image = f'<a href="{html.escape(tile.link)}" target="_self">{image}</a>'
    return f"<figure>{image}<figcaption>{lines}</figcaption></figure>"


def _line(tile: Tile, at: int) -> str:
    text = html.escape(tile.lines[at])
    is_link = tile.link and tile.value is not None and not at
    return f'<a href="{html.escape(tile.link)}" target="_self">{text}</a>' if is_link else text


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
