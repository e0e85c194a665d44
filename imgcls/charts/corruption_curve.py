"""A small chart of the accuracy on corrupted images, as SVG: eight Plotly figures would slow a page down."""

import numpy as np

from imgcls.charts.theme import QUIET, TRAINING
from imgcls.evaluation.metrics.confidence_intervals import ScoreArray

WIDTH, HEIGHT = 160, 82


def svg(score: ScoreArray) -> str:
    """The accuracy at strengths 0 (original) to 5, with its confidence interval as a band, from edge to edge.

    `score` holds arrays of shape (6,), in 0 to 1. The page writes the ticks, as an image has no font of it.
    """

    def line(values: np.ndarray) -> list[str]:
        return [f"{WIDTH / 5 * at:.0f} {HEIGHT * (1 - value):.1f}" for at, value in enumerate(values)]

    band = "L".join(line(score.high) + line(score.low)[::-1])
    grid = "".join(
        f'<path d="M0 {HEIGHT * (1 - fraction):.0f}H{WIDTH}" stroke="{QUIET}" stroke-opacity=".35"/>'
        for fraction in (0, 0.5, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{grid}'
        f'<path d="M{band}Z" fill="{TRAINING}" fill-opacity=".28"/>'
        f'<path d="M{"L".join(line(score.value))}" fill="none" stroke="#2A8FCC" stroke-width="2"/></svg>'
    )
