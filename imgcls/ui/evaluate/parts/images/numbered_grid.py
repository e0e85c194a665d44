"""A grid of feature maps or filters with the number of each, as HTML."""

from collections.abc import Iterable

import numpy as np

from imgcls.inference.explain import activation_grid
from imgcls.ui.widgets import gallery

STYLE = """<style>
.numbered{position:relative;max-width:var(--most);container-type:inline-size}
.numbered img{width:100%;display:block;image-rendering:pixelated;border-radius:6px}
.numbered span{position:absolute;padding:0 .25em;font-size:clamp(8px,1.9cqw,12px);line-height:1.35;color:#fff;
background:rgba(0,0,0,.62);border-radius:0 0 4px 0;font-variant-numeric:tabular-nums}
</style>"""


def markup(drawn: np.ndarray, tile: tuple[int, int], numbers: Iterable[int], *, alt: str, most: int) -> str:
    """A grid made by `activation_grid` of tiles of this height and width in pixels; `numbers` are those of the tiles,
    from 0, and shown from 1. `alt` is HTML; `most` is the largest width in pixels."""
    numbers = list(numbers)
    rows, columns = activation_grid.layout(len(numbers), *tile) if numbers else (1, 1)
    marks = "".join(
        f'<span aria-hidden="true" style="left:{100 * (at % columns) / columns:.2f}%;'
        f'top:{100 * (at // columns) / rows:.2f}%">{number + 1}</span>'
        for at, number in enumerate(numbers)
    )
    image = f'<img src="{gallery.data_url(drawn, min_side=240)}" alt="{alt}">'
    return f'{STYLE}<div class="numbered" style="--most:{most}px">{image}{marks}</div>'
