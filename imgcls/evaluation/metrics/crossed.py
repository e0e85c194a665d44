"""Is setting B better than setting A, if each was trained with several seeds? Paired over seeds and images.

Two things vary by chance: the training (initial weights, order, split: the seed) and which test images were drawn. A
test over images alone, such as McNemar's on two runs, takes one lucky training for the setting; a test over the seeds'
scores alone takes these test images for all there are. Here both are random, and crossed: every model saw every image.
"""

import math
from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.distributions import t_quantile, t_tail
from imgcls.evaluation.metrics.significance import SIGNIFICANT_BELOW


@dataclass(frozen=True)
class CrossedComparison:
    """Two settings with `seeds` runs each, on the same `images` test images.

    `difference` is the mean accuracy of the second minus that of the first, -1 to 1, with its 95% interval; `degrees`
    are the degrees of freedom of its t distribution.
    """

    difference: Score
    p_value: float
    degrees: float
    seeds: int
    images: int

    @property
    def is_significant(self) -> bool:
        return self.p_value < SIGNIFICANT_BELOW

    def sentence(self, first: str, second: str) -> str:
        """The result in plain English, with the names of the two settings."""
        value, low, high = (100 * part for part in (self.difference.value, self.difference.low, self.difference.high))
        on = f"over {self.seeds} seeds and {self.images:,} test images"
        winner, loser = (second, first) if value > 0 else (first, second)
        near, far = (low, high) if value > 0 else (0.0 - high, 0.0 - low)
        about = f"(95% CI {near:.2f} to {far:.2f}, p = {self.p_value:.2g}) {on}"
        if self.is_significant:
            return f"{winner} is better than {loser} by {abs(value):.2f} percentage points {about}."
        if not value:
            return f"{first} and {second} have the same score {about}: no significant difference."
        return f"{winner} scored {abs(value):.2f} percentage points higher {about}: no significant difference."


def compare(first_right: np.ndarray, second_right: np.ndarray) -> CrossedComparison:
    """Compares two settings by which images each of their models classifies correctly, bool (seeds, images) each.

    Row i of both was trained with the same seed; column j is the same image. The differences are analysed as a table of
    seeds by images with both factors random, as readers and cases are in radiology: the variance of the mean is
    estimated from the mean squares of seeds, images and their interaction, the degrees of freedom from those of seeds.
    Sources: Dorfman, D., Berbaum, K. and Metz, C. (1992), "Receiver operating characteristic rating analysis",
    Investigative Radiology 27; Hillis, S. (2007), "A comparison of denominator degrees of freedom methods for multiple
    observer ROC analysis", Statistics in Medicine 26.

    Raises:
        ValueError: there are fewer than two seeds or images, or the arrays have different shapes.
    """
    first, second = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first.shape != second.shape or first.ndim != 2 or min(first.shape) < 2:
        raise ValueError(f"Expected two equal tables, at least 2 by 2; got {first.shape} and {second.shape}.")
    table = second.astype(float) - first
    seeds, images = table.shape
    mean, by_seed, by_image = table.mean(), table.mean(1), table.mean(0)
    of_seeds = images * ((by_seed - mean) ** 2).sum() / (seeds - 1)
    of_images = seeds * ((by_image - mean) ** 2).sum() / (images - 1)
    rest = ((table - by_seed[:, None] - by_image + mean) ** 2).sum() / ((seeds - 1) * (images - 1))
    spread = of_seeds + max(of_images - rest, 0.0)
    deviation = math.sqrt(spread / (seeds * images))
    degrees = spread**2 / (of_seeds**2 / (seeds - 1)) if of_seeds else math.inf
    if not deviation:  # every pair of models answers alike, or differs in the same way on every image
        return CrossedComparison(Score(mean, mean, mean), float(mean == 0.0), degrees, seeds, images)
    degrees_used = min(degrees, 1e6)
    reach = t_quantile(degrees_used, 0.975) * deviation
    p_value = 2 * t_tail(degrees_used, abs(mean) / deviation)
    return CrossedComparison(
        Score(float(mean), float(mean - reach), float(mean + reach)), p_value, degrees, seeds, images
    )
