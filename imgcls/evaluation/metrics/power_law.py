"""How the error falls with the number of training images: error = floor + scale · images^(−exponent).

Sources: Hestness, J. et al. (2017), "Deep learning scaling is predictable, empirically", arXiv:1712.00409;
Viering, T. and Loog, M. (2023), "The shape of learning curves: a review", IEEE TPAMI.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.system import hardware

EXPONENTS = np.geomspace(0.05, 2.0, 60)
"""Every law with one of these exponents is fitted, and the best is kept; given the exponent, the rest is linear."""
LEAST_SIZES = 4
"""Different numbers of images. Three parameters fit three points exactly, which says nothing."""
RESAMPLES = 400


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """Fitted laws: the first one to the measured errors, the others to bootstrap resamples. All arrays are (k,)."""

    floor: np.ndarray
    scale: np.ndarray
    exponent: np.ndarray

    def error(self, images: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The expected error with so many training images (n,), and the ends of its 95% band; within 0 and 1."""
        return _band(self._errors(images))

    def gain(self, images: float, times: float) -> tuple[float, float, float]:
        """By how much the error falls with `times` as many images, and the ends of its 95% band."""
        value, low, high = _band(self._errors(images) - self._errors(images * times))
        return float(value[0]), float(low[0]), float(high[0])

    def _errors(self, images: np.ndarray | float) -> np.ndarray:
        at = np.atleast_1d(np.asarray(images, float))[None]
        return self.floor[:, None] + self.scale[:, None] * at ** -self.exponent[:, None]


def fit(images: np.ndarray, is_right: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> PowerLaw:
    """Fits the law to runs that were tested on the same images.

    The bootstrap varies what would differ if everything was done again: test images are drawn with replacement, the
    same for all runs, and each run's residual (its seed) is replaced by that of a random run.

    Args:
        images: How many images each run was trained on, (runs,).
        is_right: Which test images each run classified correctly, bool (runs, test images).

    Raises:
        ValueError: fewer than `LEAST_SIZES` different numbers of images, or no test image.
    """
    with hardware.one_blas_thread():
        return _bootstrapped(images, is_right, resamples, seed)


def _bootstrapped(images: np.ndarray, is_right: np.ndarray, resamples: int, seed: int) -> PowerLaw:
    sizes = np.asarray(images, float)
    wrong = ~np.asarray(is_right, bool)
    distinct = len(np.unique(sizes))
    if distinct < LEAST_SIZES or not wrong.shape[1]:
        raise ValueError(f"{distinct} different numbers of images; at least {LEAST_SIZES} are needed.")
    random = np.random.default_rng(seed)
    count = wrong.shape[1]
    errors = wrong.mean(1)
    # A smaller error is known more exactly: the variance of a fraction, kept above 0 by one image.
    weights = 1.0 / (errors * (1 - errors) + 1.0 / count)
    first = _fitted(sizes, errors[None], weights)
    fitted = first.floor + first.scale * sizes**-first.exponent
    # Fitted residuals are smaller than the deviations they estimate, by the parameters that were spent on them.
    spare = max(1, len(sizes) - 3)
    relative = (errors - fitted) * np.sqrt(weights) * np.sqrt(len(sizes) / spare)
    drawn = relative[random.integers(0, len(sizes), (resamples, len(sizes)))] / np.sqrt(weights)
    # How often each test image is drawn; the same for all runs, as they share the test set.
    times = random.multinomial(count, np.full(count, 1 / count), resamples)
    shift = times @ wrong.T.astype(np.float64) / count - errors
    others = _fitted(sizes, np.clip(fitted + drawn + shift, 0, 1), weights)
    return PowerLaw(*(np.concatenate(pair) for pair in zip(_parts(first), _parts(others), strict=True)))


def _band(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first row of (k, n), and the 95% band of the others, within 0 and 1."""
    value = values[0]
    low, high = np.percentile(values[1:], (2.5, 97.5), axis=0)
    # The fit itself belongs into its band, even where resamples are skewed.
    return np.clip(value, 0, 1), np.clip(np.minimum(low, value), 0, 1), np.clip(np.maximum(high, value), 0, 1)


def _parts(law: PowerLaw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return law.floor, law.scale, law.exponent


def _fitted(sizes: np.ndarray, errors: np.ndarray, weights: np.ndarray) -> PowerLaw:
    """The best law by weighted least squares for each row of `errors` (k, runs); floor and scale are at least 0."""
    total = weights.sum()
    mean = errors @ weights / total
    best = np.full(len(errors), np.inf)
    floor, scale, exponent = np.zeros((3, len(errors)))
    for candidate in EXPONENTS:
        x = sizes**-candidate
        center = (weights @ x) / total
        spread = weights @ (x - center) ** 2
        slope = np.maximum(0.0, (errors * weights) @ (x - center) / spread)
        offset = mean - slope * center
        is_negative = offset < 0
        through_zero = np.maximum(0.0, (errors * weights) @ x / (weights @ x**2))
        slope = np.where(is_negative, through_zero, slope)
        offset = np.where(is_negative, 0.0, offset)
        loss = ((errors - offset[:, None] - slope[:, None] * x) ** 2) @ weights
        is_better = loss < best
        best = np.where(is_better, loss, best)
        floor, scale = np.where(is_better, offset, floor), np.where(is_better, slope, scale)
        exponent = np.where(is_better, candidate, exponent)
    return PowerLaw(floor, scale, exponent)
