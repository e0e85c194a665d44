"""Eight small charts of the accuracy on corrupted images, each with a picture of its corruption, as HTML."""

import base64

import numpy as np

from imgcls.charts import corruption_curve
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Robustness
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.widgets import gallery

STYLE = """<style>
.corruptions{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(240px,42%),1fr));gap:18px 22px;
margin:.4rem 0}
.corruptions figure{margin:0;min-width:0}
.corruptions figcaption{font-size:.92rem;display:flex;flex-wrap:wrap;align-items:center;gap:0 8px;
font-variant-numeric:tabular-nums;min-height:2.6rem}
.corruptions figcaption b{flex:1}.corruptions figcaption i{font-style:normal;opacity:.75;text-align:right}
.corruptions figcaption img{width:2.4rem;height:2.4rem;object-fit:contain;image-rendering:pixelated;border-radius:4px}
@media(max-width:640px){.corruptions figcaption i{flex-basis:100%;text-align:left}}
.corruptions .plot{position:relative;margin:.5rem .4rem 1.3rem 2rem}
.corruptions .plot img{width:100%;display:block}
.corruptions .plot span{position:absolute;font-size:.78rem;line-height:1;opacity:.75;font-variant-numeric:tabular-nums}
.corruptions .plot .y{right:calc(100% + 6px);transform:translateY(-50%)}
.corruptions .plot .x{top:calc(100% + 6px);transform:translateX(-50%)}
</style>"""
TICKS = "".join(
    [f'<span class="y" style="top:{100 - at}%">{at}</span>' for at in (0, 50, 100)]
    + [f'<span class="x" style="left:{20 * strength}%">{strength}</span>' for strength in range(6)]
)
"""Of both axes: text of the page, as images have no font of it."""


def markup(found: Robustness, examples: dict[str, np.ndarray]) -> str:
    """The charts: accuracy from strength 0 to 5, with its interval as a band.

    `examples` are the pictures, by the names of corruptions. Each curve is an image, because Streamlit removes SVG from
    pages; its greys are visible in light and dark mode.
    """
    count, clean = len(found.indices), int(found.clean_right.sum())
    figures = []
    for name in found.names:
        score = wilson(np.array([clean, *found.right(name).sum(1)]), np.full(6, count))
        description = ", ".join(f"strength {k} {percent(value)}" for k, value in enumerate(score.value))
        source = base64.b64encode(corruption_curve.svg(score).encode()).decode()
        figures.append(
            f"<figure><figcaption>{_picture(examples.get(name), name)}<b>{CORRUPTIONS[name].title}</b>"
            f"<i>{percent(score.value[-1], 0)} at the strongest</i></figcaption>"
            f'<div class="plot"><img src="data:image/svg+xml;base64,{source}" alt="Accuracy under {name}: '
            f'{description}">{TICKS}</div></figure>'
        )
    return STYLE + framed(f'<div class="corruptions">{"".join(figures)}</div>', "robustness")


def _picture(pixels: np.ndarray | None, name: str) -> str:
    if pixels is None:
        return ""
    return f'<img src="{gallery.data_url(pixels, min_side=80)}" alt="A test image with {name}">'
