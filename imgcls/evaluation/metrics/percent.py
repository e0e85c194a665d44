"""Scores and probabilities as English text, in one way for pages, commands, charts, reports and files."""

from typing import TYPE_CHECKING

from imgcls import languages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike


def percent(value: float | None, digits: int = 1) -> str:
    """'97.3%'; a dash if there is none, or not a number. Only 1 is '100.0%': 0.9996 is '99.9%', not rounded up."""
    return languages.percent(value, digits, languages.ENGLISH)


def interval(low: float, high: float, digits: int = 1) -> str:
    """'96.1–98.2%', rounded like `percent`."""
    return f"{percent(low, digits).rstrip('%')}–{percent(high, digits)}"


def percentages(fractions: "ArrayLike", digits: int = 1) -> "np.ndarray":
    """Fractions as percentages for tables and hovers that show so many decimals; rounding makes none of them 100."""
    import numpy as np

    fractions = np.asarray(fractions, float)
    return np.where(fractions < 1, np.minimum(100 * fractions, 100 - 10.0**-digits), 100 * fractions)
