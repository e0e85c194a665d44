"""Why a model's confidence stops below 100%: the target that label smoothing sets.

Label smoothing (Szegedy et al., 2016, https://arxiv.org/abs/1512.00567) takes the fraction s from the true class and
spreads it over all K classes, so a network that fits its targets exactly gives the true class 1 - s + s / K.
"""

from imgcls.errors import UserError
from imgcls.runs.run import Run


def label_smoothing(run: Run) -> float:
    """The label smoothing that a run was trained with, 0 to 1; 0 if its settings are unknown."""
    try:
        return float(run.config.label_smoothing)
    except UserError:
        return 0.0  # imported, or damaged


def ceiling(smoothing: float, classes: int) -> float:
    """The target probability of the true class, 0 to 1."""
    return 1 - smoothing + smoothing / classes
