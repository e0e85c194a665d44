"""Which augmentations would help a model against the corruptions that cost it accuracy."""

from dataclasses import dataclass

from imgcls.config import PARAMS, Config
from imgcls.datasets import DatasetInfo
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.significance import paired_difference
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Robustness
from imgcls.params import Range, Value

AT_STRENGTH = 3
LEAST_LOSS = 0.03
"""A corruption that costs less than this at medium strength is ignored."""
MOST = 3
"""More changes at once slow down training and make its effect hard to interpret."""
SETTINGS = {
    "noise": "noise",
    "blur": "blur",
    "brightness": "brightness",
    "contrast": "contrast",
    "shift": "shift",
    "rotation": "rotation",
    "occlusion": "cutout",
}
"""Corruption -> the augmentation setting that trains on such images. JPEG has none."""


@dataclass(frozen=True)
class Recommendation:
    """A corruption, what it costs (a fraction, with its interval), and the setting and value that would help."""

    corruption: str
    loss: Score
    name: str
    value: Value


def recommend(found: Robustness, config: Config, facts: DatasetInfo) -> list[Recommendation]:
    """Settings that would help, at most MOST, the most important first.

    A corruption counts if it costs LEAST_LOSS or more at medium strength and its interval excludes 0. The value is as
    strong as the corruption, within the limits of the form for this dataset; settings that the run already had at this
    strength are not recommended.
    """
    limits = {param.name: param.limits for param in PARAMS if isinstance(param.limits, Range)}
    recommended = []
    for corruption, name in SETTINGS.items():
        cost = loss(found, corruption, AT_STRENGTH)
        value = _value(name, CORRUPTIONS[corruption].amounts[AT_STRENGTH - 1], facts, limits[name])
        is_new = value > getattr(config, name)
        if cost.value >= LEAST_LOSS and cost.low > 0 and is_new:
            recommended.append(Recommendation(corruption, cost, name, value))
    return sorted(recommended, key=lambda entry: -entry.loss.value)[:MOST]


def loss(found: Robustness, corruption: str, strength: int) -> Score:
    """How much accuracy a corruption costs at a strength, a fraction with its paired 95% confidence interval."""
    clean, worse = found.clean_right, found.right(corruption)[strength - 1]
    return paired_difference(int((~clean & worse).sum()), int((clean & ~worse).sum()), len(clean))


def _value(name: str, amount: float, facts: DatasetInfo, limits: Range) -> Value:
    """The amount of a corruption as a value of the setting, on its steps and within its range."""
    side = min(facts.shape[:2])
    if name in ("brightness", "contrast"):
        wanted = amount / 100
    elif name in ("blur", "shift", "cutout"):
        wanted = amount / 100 * side
    else:
        wanted = amount
    step = limits.step or 1
    value = round(max(step, round(wanted / step) * step), 6)
    most = {"shift": max(1, side // 4), "cutout": max(1, side // 2)}.get(name, limits.high)
    value = min(value, most, limits.high)
    return value if isinstance(getattr(Config, name), float) else int(value)
