"""A small chart of the accuracy on corrupted images, as SVG: eight Plotly figures would slow a page down."""

import numpy as np

from imgcls.charts.theme import QUIET, TRAINING
from imgcls.evaluation.metrics.confidence_intervals import ScoreArray

WIDTH, HEIGHT = 190, 106
STYLE = (
    "<style>text{fill:#5c6670;font-size:11.5px}@media(prefers-color-scheme:dark){text{fill:#a3adb8}}"
    "@media(min-width:230px){text{font-size:9px}}</style>"  # of the image: on a wide one, all is drawn larger
)


def svg(score: ScoreArray) -> str:
    """The accuracy at strengths 0 (original) to 5, with its confidence interval as a band.

    `score` holds arrays of shape (6,), in 0 to 1. An image has the colour scheme of its page: no grey of text is
    readable in both.
    """

    def line(values: np.ndarray) -> list[str]:
        return [f"{24 + 32 * at:.0f} {8 + 82 * (1 - value):.1f}" for at, value in enumerate(values)]

    band = "L".join(line(score.high) + line(score.low)[::-1])
    grid = "".join(
        f'<path d="M24 {8 + 82 * (1 - fraction):.0f}H184" stroke="{QUIET}" stroke-opacity=".35"/>'
        f'<text x="20" y="{11.5 + 82 * (1 - fraction):.1f}" text-anchor="end">{100 * fraction:.0f}</text>'
        for fraction in (0, 0.5, 1)
    )
    ticks = "".join(
        f'<text x="{24 + 32 * strength}" y="103" text-anchor="middle">{strength}</text>' for strength in range(6)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
        f'{STYLE}{grid}{ticks}<path d="M{band}Z" fill="{TRAINING}" fill-opacity=".28"/>'
        f'<path d="M{"L".join(line(score.value))}" fill="none" stroke="#2A8FCC" stroke-width="2.2"/></svg>'
    )
